// For tests: sites whose bundles come more than once and in any order, by whatever link. Whatever it does,
// the core ends with what the newest bundle says, and is never told the same twice or something older.

import type { OutgoingBundle, ReceivingTransport } from "@siteferry/carry";
import { type FileSystem, formatBundleName, type SiteId } from "@siteferry/model";
import {
  type Dice,
  Life,
  longLife,
  MemoryDisk,
  memoryFiles,
  seededDice,
} from "@siteferry/testkit/simulation";
import fc from "fast-check";
import { expect } from "vitest";
import { BundleCache } from "./bundle-cache.ts";
import { type Centre, makeCentre, nowMs } from "./test-centre.ts";

/** A tenth while somebody waits for them. */
export const runs: number = process.env["CI"] === "true" ? 1_000 : 100;

/** What a course begins with: a receiver that has nothing yet, on a disk in memory. */
export interface Ground {
  readonly centre: Centre;
  readonly files: FileSystem;
  /** The same for the same course. */
  readonly dice: Dice;
}

export interface LinkOfCourse {
  /** Hands over what comes between two runs of the receiver, in this order. */
  deliver(bundles: readonly OutgoingBundle[]): Promise<unknown>;
  /** The link as a receiver sees it that has just started; nothing if all comes through the door. */
  start(): readonly ReceivingTransport[];
  /** After the last run. */
  end?(): Promise<unknown>;
}

/**
 * A thousand runs, several at a time: of each of the sites, whose courses have nothing to do with each
 * other, but their link.
 */
export async function expectNewestOnce(
  siteCount: number,
  begin: (ground: Ground) => Promise<LinkOfCourse>,
  bundlesOf: (centre: Centre, site: SiteId) => Promise<readonly OutgoingBundle[]> = sealAll,
): Promise<void> {
  const sites = Array.from({ length: siteCount }, (_, index) => `remote${index + 1}` as SiteId);
  await using centre = await makeCentre(Object.fromEntries(sites.map((site) => [site, {}])));
  const bundles: (readonly OutgoingBundle[])[] = [];
  for (const site of sites) bundles.push(await bundlesOf(centre, site));
  const orders = fc.tuple(...bundles.map(({ length }) => ordersOf(length)));
  const property = fc.asyncProperty(orders, fc.integer(), async (course, seed) => {
    const dice = seededDice(seed);
    const files = memoryFiles(new MemoryDisk(), { now: () => nowMs }, immortal());
    for (const name of ["link", "results", "receiver"]) {
      await files.makeDirectory(`${centre.path}/${name}`, 0o755);
    }
    const link = await begin({ centre, files, dice });
    const receiver = startReceiver({ centre, files, dice }, link);
    for (const group of grouped(course, dice)) {
      await link.deliver(group.map(([site, bundle]) => bundles[site]![bundle]!));
      await receiver.run();
    }
    // What waited for the core to read comes with the next run.
    await receiver.run();
    await receiver.run();
    await link.end?.();
    for (const site of sites) judge(site, receiver.told);
  });
  // With servers on the way each attempt to shorten a course that failed takes its time.
  await fc.assert(property, { numRuns: Math.ceil(runs / siteCount), endOnFailure: siteCount > 1 });
}

const immortal = (): Life => new Life(longLife, seededDice(1));

/** Two keyframes, each with its deltas. */
async function sealAll(centre: Centre, site: SiteId): Promise<readonly OutgoingBundle[]> {
  const { put, hosts } = sealing(centre, site);
  const first = await put("keyframe", 2, { hosts: hosts(0, 0) });
  const second = await put("keyframe", 5, { hosts: hosts(30, 5) });
  return [
    await put("config", 1, {}),
    first,
    await put("delta", 3, { base: first.content, hosts: hosts(10, 0) }),
    await put("delta", 4, { base: first.content, hosts: hosts(20, 5) }),
    second,
    await put("delta", 6, { base: second.content, hosts: hosts(newest.web, 5) }),
    await put("delta", 7, { base: second.content, hosts: hosts(newest.web, newest.db) }),
  ];
}

/** As few as show everything: for links on which each costs its time. */
export async function sealFew(centre: Centre, site: SiteId): Promise<readonly OutgoingBundle[]> {
  const { put, hosts } = sealing(centre, site);
  const first = await put("keyframe", 2, { hosts: hosts(0, 0) });
  const second = await put("keyframe", 4, { hosts: hosts(30, 5) });
  return [
    await put("config", 1, {}),
    first,
    await put("delta", 3, { base: first.content, hosts: hosts(10, 0) }),
    second,
    await put("delta", 5, { base: second.content, hosts: hosts(newest.web, newest.db) }),
  ];
}

/** One of each kind: where each takes a process, or a server some milliseconds. */
export async function sealOneOfEach(
  centre: Centre,
  site: SiteId,
): Promise<readonly OutgoingBundle[]> {
  const { put, hosts } = sealing(centre, site);
  const keyframe = await put("keyframe", 2, { hosts: hosts(0, newest.db) });
  return [
    await put("config", 1, {}),
    keyframe,
    await put("delta", 3, { base: keyframe.content, hosts: hosts(newest.web, newest.db) }),
  ];
}

/** Seconds after `nowMs`. */
const newest = { web: 40, db: 50 };

function sealing(centre: Centre, site: SiteId) {
  const hosts = (web: number, db: number) => ({ [`web.${site}`]: web, [`db.${site}`]: db });
  const put = async (
    kind: "config" | "keyframe" | "delta",
    sequence: number,
    options: { readonly base?: Uint8Array; readonly hosts?: Record<string, number> },
  ): Promise<OutgoingBundle> => {
    const own = { ...options, site, configuration: hosts(0, 0) };
    const content = await centre.put(kind, sequence, own);
    return { name: formatBundleName({ site, epoch: 1, sequence, kind }), content };
  };
  return { hosts, put };
}

/** Each bundle of a site at least once, at any place among others that come again. */
function ordersOf(count: number): fc.Arbitrary<readonly number[]> {
  const each = Array.from({ length: count }, (_, index) => index);
  return fc
    .tuple(
      fc.shuffledSubarray(each, { minLength: count }),
      fc.array(fc.tuple(fc.nat(count - 1), fc.nat(2 * count)), { maxLength: count }),
    )
    .map(([once, again]) => {
      const order = [...once];
      for (const [bundle, at] of again) order.splice(at, 0, bundle);
      return order;
    });
}

/** Number of a site, number of one of its bundles. */
type Delivery = readonly [number, number];

/** The orders of all sites in one, and in groups: after each the receiver runs. */
function grouped(orders: readonly (readonly number[])[], dice: Dice): readonly Delivery[][] {
  const left = orders.map((order, site) => ({ site, order: [...order] }));
  const groups: Delivery[][] = [[]];
  const groupsUsual = 6;
  const wakes = groupsUsual / orders.flat().length;
  while (left.length > 0) {
    const at = Math.floor(dice.between(0, left.length));
    const { site, order } = left[at]!;
    groups.at(-1)!.push([site, order.shift()!]);
    if (order.length === 0) left.splice(at, 1);
    if (dice.falls(wakes)) groups.push([]);
  }
  return groups;
}

/** Of each host the times of its checks, seconds after `nowMs`, as the core was told them. */
type Told = Map<string, number[]>;

/** Now and then it is another process, which knows nothing but what is on the disk. */
function startReceiver({ centre, files, dice }: Ground, link: LinkOfCourse) {
  const told: Told = new Map();
  const start = () => ({ transports: link.start(), cache: new BundleCache() });
  let process = start();
  return {
    told,
    async run(): Promise<void> {
      if (dice.falls(1 / 4)) process = start();
      const report = await centre.receive(files, undefined, process);
      expect(report, centre.complaints.join("\n")).toMatchObject({ failed: 0, refused: 0 });
      await readResults(centre, files, told);
    },
  };
}

function judge(site: SiteId, told: Told): void {
  for (const [name, time] of Object.entries(newest)) {
    const times = told.get(`${name}.${site}`) ?? [];
    expect(times.at(-1), `${name} of ${site}: ${times.join(" ")}`).toBe(time);
    expect(times, site).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  }
}

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
