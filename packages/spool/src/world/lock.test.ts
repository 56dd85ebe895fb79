import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { takeLock, waitForLock, waitForPlace } from "./lock.ts";

test("a second holder is told that the spool is busy, until the first one lets go", async () => {
  await using directory = await makeTemporaryDirectory();
  const path = `${directory.path}/lock`;
  const first = await takeLock(path);
  await expect(takeLock(path)).rejects.toMatchObject({ code: "spool-busy" });
  await first.release();
  const second = await takeLock(path);
  await second.release();
});

test("who waits gets the lock when it is free, and gives up in time", async () => {
  await using directory = await makeTemporaryDirectory();
  const path = `${directory.path}/lock`;
  const first = await takeLock(path);
  expect(await waitForLock(path, 20)).toBeNull();
  const second = waitForLock(path, 60_000);
  await first.release();
  await (await second)!.release();
});

test("there are so many places and no more; whoever waits gets one that is left", async () => {
  await using directory = await makeTemporaryDirectory();
  const path = `${directory.path}/place`;
  const places = [await waitForPlace(path, 2, 0), await waitForPlace(path, 2, 0)];
  expect(places).not.toContain(null);
  expect(await waitForPlace(path, 2, 20)).toBeNull();
  const waiting = [waitForPlace(path, 2, 60_000), waitForPlace(path, 2, 60_000)];
  for (const place of places) await place!.release();
  for (const place of await Promise.all(waiting)) await place!.release();
});
