import { unlink, writeFile } from "node:fs/promises";
import type { FileSystem, Log } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { BundleCache } from "../bundle-cache.ts";
import { type Centre, makeCentre, noCore, nowMs } from "../test-centre.ts";
import { countStates } from "./counted-states.ts";
import { type CentreFacts, readFacts } from "./facts.ts";
import { numbersOf } from "./numbers.ts";

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const random = { bytes: (count: number) => new Uint8Array(count) };

async function factsOf(
  { path, settings }: Centre,
  clockMs = nowMs,
  files: FileSystem = nodeFiles,
  cache: BundleCache = new BundleCache(),
): Promise<CentreFacts> {
  return await readFacts({
    cache,
    world: { files, random, log, clock: { now: () => clockMs } },
    settings: { ...settings, spool: path },
    spool: `${path}/receiver`,
    core: noCore,
    groupId: async () => null,
  });
}

test("what was kept is counted: states, bundles, bytes, lag; what wasn't isn't", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const later = { now: () => nowMs + 90_000 };
  const base = await centre.put("keyframe", 1, { hosts: { web: 0, db: 0 } });
  await centre.receive(nodeFiles, later);
  const [first] = (await factsOf(centre, later.now())).sites;
  expect(first).toMatchObject({ counted: { hosts: [2, 0, 0, 0] }, bundles: 1 });

  const delta = await centre.put("delta", 2, { base, hosts: { web: 60, db: 0, fresh: 60 } });
  const config = await centre.put("config", 3);
  await centre.receive(nodeFiles, later);
  // Again, too late, and on a keyframe that isn't here.
  await centre.put("config", 3);
  await centre.put("keyframe", 1, { hosts: { web: 0 } });
  const clone = await centre.put("keyframe", 1, { hosts: { web: 9 }, name: "kept back" });
  await unlink(`${centre.path}/link/kept back`);
  await centre.put("delta", 4, { base: clone, hosts: { web: 10 } });
  await centre.receive(nodeFiles, later);
  const { sites } = await factsOf(centre, later.now());
  expect(sites[0]).toMatchObject({
    counted: { hosts: [3, 0, 0, 0], services: [0, 0, 0, 0, 0] },
    bundles: 3,
    bytes: base.length + delta.length + config.length,
  });
  expect(numbersOf(sites[0]!, nowMs + 100_000)).toMatchObject({
    age: 10,
    lag: 90,
    hosts: { up: 3, down: 0 },
    bundlesOfDay: 3,
    quarantined: 1,
  });
});

test("numbers that are passed over after a silence are counted, and no reason for a warning", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const minuteMs = 60_000;
  const at = async (minute: number, ...numbers: readonly number[]) => {
    for (const number of numbers) await centre.put("config", number);
    await centre.receive(nodeFiles, { now: () => nowMs + minute * minuteMs });
    const { missed, missedMs } = (await factsOf(centre)).sites[0]!;
    return [missed, (missedMs && missedMs - nowMs) / minuteMs];
  };
  expect(await at(0, 1)).toEqual([0, 0]);
  expect(await at(1, 2)).toEqual([0, 0]);
  // 30 minutes of silence; at its end comes what waited in the outbox.
  expect(await at(31, 20)).toEqual([17, 0]);
  expect(await at(31.2, 32)).toEqual([28, 0]);
  expect(await at(32, 33)).toEqual([28, 0]);
  // Without a silence, and more than a silence has.
  expect(await at(33, 35)).toEqual([29, 33]);
  expect(await at(36, 46)).toEqual([39, 36]);
  // One that was lost on the way: the next run's is there.
  expect(await at(38, 48)).toEqual([40, 38]);
});

test("nothing has come: nothing is counted, and that is no 0", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const { sites } = await factsOf(centre);
  expect(numbersOf(sites[0]!, nowMs)).toMatchObject({ age: null, lag: null, hosts: null });
});

test("what nobody known sent is nobody's", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const name = "stranger-000000000001-000000000001.keyframe.ferry";
  await writeFile(`${centre.path}/link/${name}`, "hello");
  await writeFile(`${centre.path}/link/${name.replace("stranger", "remote1")}`, "hello");
  await centre.receive();
  const { sites, strangers } = await factsOf(centre);
  expect(strangers).toMatchObject([{ code: "bundle-not-one" }]);
  expect(sites.map(({ quarantined }) => quarantined.length)).toEqual([1]);
});

test("a file that an operator takes out of the quarantine in this moment is no failure", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const name = "remote1-000000000001-000000000001.keyframe.ferry";
  await writeFile(`${centre.path}/link/${name}`, "hello");
  await centre.receive();
  const vanishing: FileSystem = {
    ...nodeFiles,
    async read(path, ...rest) {
      if (path.endsWith(".reason")) {
        await unlink(path.slice(0, -".reason".length));
        await unlink(path);
      }
      return await nodeFiles.read(path, ...rest);
    },
  };
  const { sites } = await factsOf(centre, nowMs, vanishing);
  expect(sites[0]!.quarantined).toEqual([]);
});

test("each refused file is looked at once, and one that left the quarantine doesn't stay", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const refuse = async (sequence: number): Promise<void> => {
    const name = `remote1-000000000001-00000000000${sequence}.keyframe.ferry`;
    await writeFile(`${centre.path}/link/${name}`, `hello ${sequence}`);
    await centre.receive();
  };
  const cache = new BundleCache();
  let notes: string[] = [];
  const counting: FileSystem = {
    ...nodeFiles,
    async read(path, ...rest) {
      if (path.endsWith(".reason")) notes.push(path);
      return await nodeFiles.read(path, ...rest);
    },
  };
  const look = async (): Promise<readonly [read: number, there: number]> => {
    notes = [];
    const { sites } = await factsOf(centre, nowMs, counting, cache);
    return [notes.length, sites[0]!.quarantined.length];
  };
  await refuse(1);
  await refuse(2);
  expect(await look()).toEqual([2, 2]);
  const [first = ""] = notes;
  expect(await look()).toEqual([0, 2]);
  await refuse(3);
  expect(await look()).toEqual([1, 3]);
  await unlink(first.slice(0, -".reason".length));
  expect(await look()).toEqual([0, 2]);
  expect(cache.quarantined.size).toBe(2);
});

test("each state has its place, and what wasn't checked yet is pending whatever it says", () => {
  const row = (state: number, has_been_checked: 0 | 1 = 1) => ({ state, has_been_checked });
  const states = {
    hosts: [row(0), row(1), row(1), row(2), row(1, 0)],
    services: [row(0), row(1), row(2), row(3), row(3), row(0, 0)],
  };
  expect(countStates(states as unknown as Parameters<typeof countStates>[0])).toEqual({
    hosts: [1, 2, 1, 1],
    services: [1, 1, 1, 2, 1],
  });
});
