// A core's command file as the kernel has it: a FIFO without a reader, a full one, one whose reader goes.

import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { openCommandFile, pieceBytesMax } from "./command-file.ts";

async function fifo(): Promise<{
  readonly path: string;
  read(): ReturnType<typeof open>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const directory = await makeTemporaryDirectory("fifo");
  const path = `${directory.path}/nagios.cmd`;
  execFileSync("mkfifo", [path]);
  return {
    path,
    read: () => open(path, constants.O_RDONLY | constants.O_NONBLOCK),
    [Symbol.asyncDispose]: () => directory.remove(),
  };
}

test("nobody reads it, or it isn't there: that is told, and nobody waits", async () => {
  await using there = await fifo();
  expect(await openCommandFile(there.path)).toBeNull();
  expect(await openCommandFile(`${there.path}.not`)).toBeNull();
});

test("a plain file is never written to", async () => {
  await using directory = await makeTemporaryDirectory("fifo");
  const path = `${directory.path}/nagios.cmd`;
  await writeFile(path, "mine");
  await expect(openCommandFile(path)).rejects.toThrow("is no command file");
});

test("a reader that is slow: all or nothing of a piece, and all that was taken arrives", async () => {
  await using there = await fifo();
  const reader = await there.read();
  await using file = (await openCommandFile(there.path))!;
  const piece = Buffer.alloc(pieceBytesMax, "x");
  let taken = 0;
  while (await file.write(piece)) taken += 1;
  expect(taken).toBeGreaterThan(0);
  expect(await file.write(piece)).toBe(false);
  const { bytesRead } = await reader.read(Buffer.alloc(1e6));
  expect(bytesRead).toBe(taken * pieceBytesMax);
  expect(await file.write(piece)).toBe(true);
  await expect(file.write(Buffer.alloc(pieceBytesMax + 1))).rejects.toThrow("into the middle");
  await reader.close();
});

test("the core ends in the middle: a failure that is tried again, and no signal", async () => {
  await using there = await fifo();
  const reader = await there.read();
  await using file = (await openCommandFile(there.path))!;
  expect(await file.write(Buffer.from("x\n"))).toBe(true);
  await reader.close();
  await expect(file.write(Buffer.from("y\n"))).rejects.toMatchObject({
    code: "core-takes-no-commands",
    kind: "transient",
  });
});
