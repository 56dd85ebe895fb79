import { rm, writeFile } from "node:fs/promises";
import { parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { loadMemory, saveMemory, type SenderMemory } from "./numbering.ts";

const now = 1_795_000_000_000;
let count = 0;
const random = { bytes: (length: number) => new Uint8Array(length).fill(++count) };
const even = { bytes: (length: number) => new Uint8Array(length) };
const route = { site: parseSiteId("remote1")!, centre: parseSiteId("central")! };
const memory: SenderMemory = {
  ...route,
  epoch: 1_700_000_000,
  nextSequence: 8,
  configurationHash: "ab",
  configurationSentAt: 5,
  keyframe: null,
  life: "life 1",
};

test("a numbering goes on where it was, and begins anew where it was lost", async () => {
  await using directory = await makeTemporaryDirectory("numbering");
  const first = await loadMemory(nodeFiles, directory.path, now, "life 1", even, route);
  expect(first).toMatchObject({ epoch: now / 1000, nextSequence: 1 });
  await saveMemory(nodeFiles, random, directory.path, memory);
  expect(await loadMemory(nodeFiles, directory.path, now, "life 1", even, route)).toEqual(memory);
});

test("a memory of before, without a route, goes on", async () => {
  await using directory = await makeTemporaryDirectory("numbering");
  const { site: _site, centre: _centre, ...before } = memory;
  await saveMemory(nodeFiles, random, directory.path, before as SenderMemory);
  expect(await loadMemory(nodeFiles, directory.path, now, "life 1", even, route)).toEqual(memory);
});

test("what is left of an older generation could use a number twice: a new epoch", async () => {
  await using directory = await makeTemporaryDirectory("numbering");
  await saveMemory(nodeFiles, random, directory.path, memory);
  await saveMemory(nodeFiles, random, directory.path, { ...memory, nextSequence: 9 });
  await rm(`${directory.path}/numbering`);
  expect(await loadMemory(nodeFiles, directory.path, now, "life 1", even, route)).toMatchObject({
    epoch: now / 1000,
    nextSequence: 1,
  });
  // A clock that went back must not lead to an older epoch.
  expect(await loadMemory(nodeFiles, directory.path, 1000, "life 1", even, route)).toMatchObject({
    epoch: memory.epoch + 1,
  });
  await writeFile(`${directory.path}/numbering`, "garbage");
  await writeFile(`${directory.path}/numbering.previous`, "garbage");
  expect(await loadMemory(nodeFiles, directory.path, now, "life 1", even, route)).toMatchObject({
    nextSequence: 1,
    configurationHash: "",
  });
});

test("a machine that started again may have been restored from a snapshot: a new epoch", async () => {
  await using directory = await makeTemporaryDirectory("numbering");
  await saveMemory(nodeFiles, random, directory.path, memory);
  const after = await loadMemory(nodeFiles, directory.path, now, "life 2", even, route);
  expect(after).toMatchObject({ epoch: now / 1000, nextSequence: 1, keyframe: null });
});

test("one snapshot restored twice while the clock is behind begins two epochs", async () => {
  await using directory = await makeTemporaryDirectory("numbering");
  await saveMemory(nodeFiles, random, directory.path, memory);
  const epochs = [];
  for (const life of ["life 2", "life 3"]) {
    epochs.push((await loadMemory(nodeFiles, directory.path, 1000, life, random, route)).epoch);
  }
  expect(new Set(epochs).size).toBe(2);
  expect(Math.min(...epochs)).toBeGreaterThan(memory.epoch);
});

test("another site, or another centre, has a numbering of its own", async () => {
  await using directory = await makeTemporaryDirectory("numbering");
  await saveMemory(nodeFiles, random, directory.path, memory);
  const other = [
    { ...route, site: parseSiteId("remote2")! },
    { ...route, centre: parseSiteId("other")! },
  ];
  for (const to of other) {
    const begun = await loadMemory(nodeFiles, directory.path, now, "life 1", even, to);
    expect(begun).toMatchObject({ ...to, epoch: now / 1000, nextSequence: 1, keyframe: null });
  }
});
