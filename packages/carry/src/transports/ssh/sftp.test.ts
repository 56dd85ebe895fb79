import { expect, test } from "vitest";
import { textInPlaceOfSftp } from "./sftp.ts";

test("a shell that prints text where SFTP should begin is known by it", () => {
  const of = (message: string) => textInPlaceOfSftp(new Error(message));
  expect(of("Packet length 1416128883 exceeds max length of 262144")).toBe("This");
  expect(of("Packet length 4294967295 exceeds max length of 262144")).toBeNull();
  expect(of("Unable to start subsystem: sftp")).toBeNull();
});
