import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles } from "@siteferry/spool";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generationOf, type Generations, openGenerations } from "./generations.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "siteferry-objects-"));
});
afterEach(() => rm(directory, { recursive: true }));

function open(path = directory): Generations {
  const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  return openGenerations(nodeFiles, random, { directory: path, mode: 0o640, groupId: null });
}

const first = new Map([
  ["siteferry-templates.cfg", "t"],
  ["siteferry-site-a.cfg", "äöü"],
]);
const second = new Map([["siteferry-templates.cfg", "t"]]);

test("what is written is there whole, and live through one link when it is told to be", async () => {
  const generations = open(`${directory}/new`);
  const id = await generations.write(first);
  expect(id).toBe(generationOf(first));
  expect(await generations.live()).toBeNull();
  await generations.switchTo(id);
  expect(await generations.live()).toBe(id);
  expect(await generations.read(id)).toEqual(first);
  expect(await readFile(`${directory}/new/live/siteferry-site-a.cfg`, "utf8")).toBe("äöü");
  const { mode } = await stat(`${directory}/new/live/siteferry-site-a.cfg`);
  expect(mode & 0o777).toBe(0o640);
  await generations.switchTo(await generations.write(second));
  expect(await readdir(`${directory}/new/live`)).toEqual(["siteferry-templates.cfg"]);
  await generations.switchTo(null);
  expect(await generations.live()).toBeNull();
});

test("one that somebody cut, or added to, isn't whole, and is repaired where it lies", async () => {
  const generations = open();
  const id = await generations.write(first);
  await generations.switchTo(id);
  await writeFile(`${directory}/live/siteferry-site-a.cfg`, "cut");
  await writeFile(`${directory}/live/mine.cfg`, "define nonsense {\n}\n");
  expect(await generations.read(id)).toBeNull();
  await generations.write(first);
  expect(await generations.read(id)).toEqual(first);
});

test("those that nobody needs go, with what a crash left; what isn't ours stays", async () => {
  const generations = open();
  const kept = await generations.write(first);
  const gone = await generations.write(second);
  await writeFile(`${directory}/mine.cfg`, "");
  await writeFile(`${directory}/.live.0a0b0c0d.tmp`, "");
  await generations.prune([kept]);
  expect(await readdir(`${directory}/.generations`)).toEqual([kept]);
  expect((await readdir(directory)).toSorted()).toEqual([".generations", "mine.cfg"]);
  expect(await generations.read(gone)).toBeNull();
});

test("files that lay in the directory itself, as before, go when a generation goes live", async () => {
  for (const name of ["siteferry-site-a.cfg", "siteferry-templates.cfg", "other.cfg"]) {
    await writeFile(`${directory}/${name}`, "old");
  }
  const generations = open();
  await generations.switchTo(await generations.write(first));
  expect((await readdir(directory)).toSorted()).toEqual([".generations", "live", "other.cfg"]);
});

test("a link that isn't ours names no generation", async () => {
  await nodeFiles.symlink("/etc", `${directory}/live`);
  expect(await open().live()).toBeNull();
  await rm(`${directory}/live`);
  await mkdir(`${directory}/live`);
  expect(await open().live()).toBeNull();
});

test("a directory that can't be made is a system-error that names it", async () => {
  await writeFile(`${directory}/file`, "");
  await expect(open(`${directory}/file/below`).write(first)).rejects.toMatchObject({
    code: "system-error",
    message: expect.stringContaining(directory),
  });
});
