import { expect, test } from "vitest";
import { receiverSpool } from "./agents.ts";
import { runCourse } from "./course.ts";
import { makeKeys } from "./keys.ts";
import { longLife } from "./life.ts";
import { Scene } from "./scene.ts";
import { simulateSeed } from "./simulate.ts";
import { contentHash } from "./witness.ts";

const keys = await makeKeys();

test("the same seed is the same run, act by act and byte by byte, also with encryption", async () => {
  const runs: unknown[] = [];
  for (const seed of [1, 1, 8]) {
    const { scene, wrong } = await simulateSeed(seed, keys, { steps: 12, restores: false });
    expect(wrong).toEqual([]);
    expect(scene.trace.length).toBeGreaterThan(20);
    expect(scene.remotes.some(({ encrypts }) => encrypts)).toBe(seed === 1);
    const files = scene.centre.disk.filesBelow(receiverSpool);
    const hashes = Array.from(files, ([path, { content }]) => [path, contentHash(content)]);
    runs.push({ trace: scene.trace, hashes });
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).not.toEqual(runs[0]);
});

test("days of faults leave no more behind than hours", async () => {
  const { wrong } = await simulateSeed(2, keys, { steps: 300, restores: true });
  expect(wrong).toEqual([]);
});

test("a site whose epoch from the future was lost is locked out until it is forgotten", async () => {
  const scene = new Scene(8, keys);
  const remote = scene.remotes[0]!;
  await scene.prepare();
  const snapshot = remote.machine.disk.clone();
  for (const machine of [scene.centre, remote.machine]) machine.clockOffMs = 48 * 3600_000;
  scene.pass(60_000);
  scene.runChecks(remote, 1);
  await scene.send(remote, longLife);
  await scene.receive(longLife);
  for (const machine of [scene.centre, remote.machine]) machine.clockOffMs = 0;
  remote.machine.disk = snapshot;
  scene.pass(60_000);
  await scene.send(remote, longLife);
  expect(await runCourse(scene, { steps: 0, restores: false })).toEqual([]);
  expect([...scene.forgotten]).toEqual([remote.site.id]);
});

// It found the lock-out above; its disk is full meanwhile.
test("seed 5197 ends well", async () => {
  const { wrong } = await simulateSeed(5197, keys, { steps: 12, restores: true });
  expect(wrong).toEqual([]);
});
