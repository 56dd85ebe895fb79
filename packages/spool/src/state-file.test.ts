import { readFile, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { readState, replaceState } from "./state-file.ts";
import { nodeFiles } from "./world/node-files.ts";

let count = 0;
const random = { bytes: (length: number) => new Uint8Array(length).fill(++count) };

async function replace(directory: string, text: string): Promise<void> {
  await replaceState(nodeFiles, random, directory, "state", Buffer.from(text));
}

async function read(directory: string): Promise<{ text: string; generation: string } | null> {
  const state = await readState(nodeFiles, directory, "state");
  return state === null
    ? null
    : { text: Buffer.from(state.content).toString(), generation: state.generation };
}

test("what was replaced last is read, and nothing before the first time", async () => {
  await using directory = await makeTemporaryDirectory();
  expect(await read(directory.path)).toBeNull();
  for (const text of ["one", "", "three\nlines\n"]) {
    await replace(directory.path, text);
    expect(await read(directory.path)).toEqual({ text, generation: "current" });
  }
});

test("a byte that changed, a torn end or a lost file: the generation before, said so", async () => {
  await using directory = await makeTemporaryDirectory();
  await replace(directory.path, "old");
  await replace(directory.path, "new content");
  const path = `${directory.path}/state`;
  const whole = await readFile(path);
  for (let cut = 0; cut < whole.length; cut++) {
    await writeFile(path, whole.subarray(0, cut));
    expect(await read(directory.path)).toEqual({ text: "old", generation: "previous" });
  }
  for (let position = 0; position < whole.length; position++) {
    const flipped = Buffer.from(whole);
    flipped[position]! ^= 1;
    await writeFile(path, flipped);
    expect(await read(directory.path)).toEqual({ text: "old", generation: "previous" });
  }
  await nodeFiles.unlink(path);
  expect(await read(directory.path)).toEqual({ text: "old", generation: "previous" });
});

test("both generations damaged is told, not taken for a new beginning", async () => {
  await using directory = await makeTemporaryDirectory();
  await replace(directory.path, "old");
  await replace(directory.path, "new");
  await writeFile(`${directory.path}/state`, "x");
  await writeFile(`${directory.path}/state.previous`, "x");
  await expect(read(directory.path)).rejects.toMatchObject({ code: "spool-damaged" });
});
