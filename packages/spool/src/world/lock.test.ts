import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { takeLock } from "./lock.ts";

test("a second holder is told that the spool is busy, until the first one lets go", async () => {
  await using directory = await makeTemporaryDirectory();
  const path = `${directory.path}/lock`;
  const first = await takeLock(path);
  await expect(takeLock(path)).rejects.toMatchObject({ code: "spool-busy" });
  await first.release();
  const second = await takeLock(path);
  await second.release();
});
