// Links may deliver twice and in any order: whatever they do, the core ends with what the newest bundle
// says, and is never told the same twice or something older.

import { readHeader } from "@siteferry/bundle";
import { type FileSystem, formatBundleName } from "@siteferry/model";
import { Life, longLife, MemoryDisk, memoryFiles, seededDice } from "@siteferry/testkit/simulation";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Centre, makeCentre, nowMs } from "./test-centre.ts";

/** A tenth while somebody waits for them. */
const runs = process.env["CI"] === "true" ? 1_000 : 100;
const newest = { web: 40, db: 50 };

/** As a sender seals them: two keyframes, each with its deltas. */
async function sealAll(centre: Centre): Promise<readonly Uint8Array[]> {
  const first = await centre.put("keyframe", 2, { hosts: { web: 0, db: 0 } });
  const second = await centre.put("keyframe", 5, { hosts: { web: 30, db: 5 } });
  return [
    await centre.put("config", 1),
    first,
    await centre.put("delta", 3, { base: first, hosts: { web: 10, db: 0 } }),
    await centre.put("delta", 4, { base: first, hosts: { web: 20, db: 5 } }),
    second,
    await centre.put("delta", 6, { base: second, hosts: { web: 40, db: 5 } }),
    await centre.put("delta", 7, { base: second, hosts: newest }),
  ];
}

interface Delivery {
  readonly bundle: number;
  /** The receiver runs after it. */
  readonly wakes: boolean;
}

/** Each bundle at least once, at any place among others that come again. */
const courses: fc.Arbitrary<readonly Delivery[]> = fc
  .tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
    fc.array(fc.tuple(fc.nat(6), fc.nat(20)), { maxLength: 14 }),
    fc.infiniteStream(fc.boolean()),
  )
  .map(([each, again, wakes]) => {
    const order = [...each];
    for (const [bundle, at] of again) order.splice(at, 0, bundle);
    return order.map((bundle) => ({ bundle, wakes: wakes.next().value as boolean }));
  });

type Deliver = (content: Uint8Array) => Promise<unknown>;

const ways = {
  async drop(centre: Centre, files: FileSystem): Promise<Deliver> {
    let copies = 0;
    return async (content) => {
      const name = formatBundleName(readHeader(content).unverified);
      const path = `${centre.path}/link/${name}`;
      // What lies there already comes again under a name of its own.
      const isThere = (await files.status(path)) !== null;
      await files.writeNew(
        isThere ? `${centre.path}/link/${(copies += 1)}.ferry` : path,
        content,
        0o644,
      );
    };
  },
  async door(centre: Centre, files: FileSystem): Promise<Deliver> {
    const door = await centre.door(files);
    return async (content) => {
      const arrival = { from: "test", site: null, content: Uint8Array.from(content) };
      expect(await door(arrival)).not.toBeNull();
    };
  },
};

test.each(["drop", "door"] as const)(
  `doubled and reordered by a %s, ${runs} times: the final state is the newest, told once`,
  { timeout: 300_000 },
  async (way) => {
    await using centre = await makeCentre();
    const bundles = await sealAll(centre);
    const property = fc.asyncProperty(courses, async (course) => {
      const disk = new MemoryDisk();
      const files = memoryFiles(disk, { now: () => nowMs }, new Life(longLife, seededDice(1)));
      for (const name of ["link", "results", "receiver"]) {
        await files.makeDirectory(`${centre.path}/${name}`, 0o755);
      }
      const deliver = await ways[way](centre, files);
      const told: Told = new Map();
      const receive = async (): Promise<void> => {
        const report = await centre.receive(files);
        expect(report).toMatchObject({ failed: 0, refused: 0 });
        await readResults(centre, files, told);
      };
      for (const { bundle, wakes } of course) {
        await deliver(bundles[bundle]!);
        if (wakes) await receive();
      }
      // What waited for the core to read comes with the next run.
      await receive();
      await receive();
      const last = [...told].map(([host, times]) => [host, times.at(-1)]);
      expect(Object.fromEntries(last)).toEqual(newest);
      for (const [host, times] of told) {
        expect(times, host).toEqual([...new Set(times)].toSorted((a, b) => a - b));
      }
    });
    await fc.assert(property, { numRuns: runs });
  },
);

/** Of each host the times of its checks, seconds after `nowMs`, as the core was told them. */
type Told = Map<string, number[]>;

/** A core that reads all that is released. */
async function readResults({ path }: Centre, files: FileSystem, told: Told): Promise<void> {
  const directory = `${path}/results`;
  for (const name of await files.list(directory)) {
    if (!name.endsWith(".ok")) continue;
    const result = `${directory}/${name.slice(0, -".ok".length)}`;
    const text = Buffer.from(await files.read(result, 1e6, { trusted: true })).toString();
    for (const [, host = "", time] of text.matchAll(/^host_name=(.*)$[^]*?^start_time=(\d+)/gm)) {
      told.set(host, [...(told.get(host) ?? []), Number(time) - nowMs / 1000]);
    }
    await files.unlink(result);
    await files.unlink(`${directory}/${name}`);
  }
}
