import type { FileSystem } from "@siteferry/model";
import { expect, test } from "vitest";
import { seededDice } from "../fake-site/dice.ts";
import { MemoryDisk } from "./disk.ts";
import { type Fate, Life, longLife } from "./life.ts";
import { memoryFiles } from "./memory-files.ts";

const clock = { now: () => 0 };
const content = Buffer.from("the content");

/** What is there after each of many power cuts, as `name:content`, sorted. */
async function afterCuts(work: (files: FileSystem) => Promise<void>, fate = longLife) {
  const found = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const disk = new MemoryDisk();
    const dice = seededDice(seed);
    await memoryFiles(disk, clock, new Life(longLife, dice)).makeDirectory("/d", 0o700);
    await work(memoryFiles(disk, clock, new Life(fate, dice))).catch(() => {});
    disk.powerCut(dice);
    const after = memoryFiles(disk, clock, new Life(longLife, dice));
    const names = (await after.list("/d")).sort();
    const texts = names.map(async (name) => `${name}:${await text(after, `/d/${name}`)}`);
    found.add((await Promise.all(texts)).join(" "));
  }
  return found;
}

async function text(files: FileSystem, path: string): Promise<string> {
  return Buffer.from(await files.read(path, 100, { trusted: true })).toString();
}

test("a name that no directory sync covers may be gone after a power cut, a synced one never", async () => {
  const write = async (files: FileSystem) => await files.writeNew("/d/a", content, 0o600);
  expect(await afterCuts(write)).toEqual(new Set(["", "a:the content"]));
  const synced = await afterCuts(async (files) => {
    await write(files);
    await files.syncDirectory("/d");
  });
  expect(synced).toEqual(new Set(["a:the content"]));
});

test("a rename is seen wholly or not at all", async () => {
  const found = await afterCuts(async (files) => {
    await files.writeNew("/d/a", Buffer.from("old"), 0o600);
    await files.writeNew("/d/b", Buffer.from("new"), 0o600);
    await files.syncDirectory("/d");
    await files.rename("/d/b", "/d/a");
  });
  expect(found).toEqual(new Set(["a:old b:new", "a:new"]));
});

test("content that wasn't synced may be whole, cut, empty or zeros", async () => {
  const fate: Fate = { diesAt: 3, moment: "before", failing: 0 };
  const found = await afterCuts((files) => files.writeNew("/d/a", content, 0o600), fate);
  const texts = [...found].map((line) => line.slice(2));
  expect(texts).toContain("the content");
  expect(texts).toContain("");
  expect(texts).toContain("the c");
  expect(texts).toContain("\0".repeat(content.length));
});

test("a full disk refuses, and leaves nothing of what it refused", async () => {
  const disk = new MemoryDisk();
  disk.capacityBytes = 15;
  const files = memoryFiles(disk, clock, new Life(longLife, seededDice(1)));
  await files.makeDirectory("/d", 0o700);
  await files.writeNew("/d/a", content, 0o600);
  await expect(files.writeNew("/d/b", content, 0o600)).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await files.list("/d")).toEqual(["a"]);
});

test("a dead process does nothing more", async () => {
  const disk = new MemoryDisk();
  const life = new Life({ diesAt: 2, moment: "within", failing: 0 }, seededDice(1));
  const files = memoryFiles(disk, clock, life);
  await expect(files.writeNew("/a", content, 0o600)).rejects.toThrow("killed");
  await expect(files.unlink("/a")).rejects.toThrow("killed");
  const after = memoryFiles(disk, clock, new Life(longLife, seededDice(1)));
  expect(await text(after, "/a")).toBe("the c");
});
