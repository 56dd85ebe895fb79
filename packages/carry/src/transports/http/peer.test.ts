import { expect, test } from "vitest";
import { peerOf } from "./peer.ts";

const from = (remoteAddress: string | undefined, forwarded?: string): string =>
  peerOf({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  });

test("behind a web server here its last word counts, of all others the connection's own address", () => {
  expect(from("127.0.0.1", "203.0.113.9")).toBe("http:203.0.113.9 via 127.0.0.1");
  expect(from("::1", "10.0.0.1, 203.0.113.9 , 2001:db8::7 ")).toBe("http:2001:db8::7 via ::1");
  expect(from("::ffff:127.0.0.1", "203.0.113.9")).toBe("http:203.0.113.9 via 127.0.0.1");
  for (const stranger of ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"]) {
    expect(from(stranger, "203.0.113.9")).toBe(`http:${stranger.replace("::ffff:", "")}`);
  }
  expect(from("127.0.0.1")).toBe("http:127.0.0.1");
  expect(from("127.0.0.1", "203.0.113.9,")).toBe("http:127.0.0.1");
  expect(from(undefined, "203.0.113.9")).toBe("http:unknown");
});

test("what stands there reaches the log printable and short", () => {
  const said = from("127.0.0.1", `\u001b[31m${"x".repeat(8000)}`);
  expect(said).toContain("http:\\x1b[31mxxx");
  expect(said.length).toBeLessThan(120);
});
