import { readdir } from "node:fs/promises";
import { checkReceipt, parseAllowedSigners } from "@siteferry/bundle";
import { forge, publicLine, serviceLine, signer, trust } from "@siteferry/bundle/forge";
import type { Door } from "@siteferry/carry";
import { formatBundleName, limits, type SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { parseArrivalName } from "./arrivals.ts";
import { openDoor, openDoorDirectories } from "./door.ts";
import { receiverSchema } from "./settings.ts";

const site = "remote1" as SiteId;
const bundle = forge();
const quiet = (): void => {};

interface DoorTest extends AsyncDisposable {
  readonly door: Door;
  readonly arrivals: () => Promise<readonly string[]>;
}

async function makeDoor(
  ofSite = {},
  { free = 1, signs = true, files = nodeFiles } = {},
): Promise<DoorTest> {
  const { path: spool, remove } = await makeTemporaryDirectory("door");
  const world = {
    files,
    random: { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) },
    clock: { now: () => trust.nowMs },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  };
  await openDoorDirectories(world, spool);
  const settings = receiverSchema.parse({
    centre: "central",
    allowedSigners: "/unused",
    sites: { remote1: ofSite },
    targets: [{ checkresults: { dir: "/unused", core: "nagios" } }],
  });
  const door = openDoor({
    world,
    settings,
    spool,
    signer: signs ? signer : null,
    freeSpace: async () => free,
    readKeys: async () => ({ signers: trust.signers, revoked: new Set() }),
    alone: async (_site, work) => await work(),
  });
  const arrivals = (): Promise<readonly string[]> => readdir(`${spool}/arrivals`);
  return { door, arrivals, [Symbol.asyncDispose]: remove };
}

const arrival = (content: Uint8Array = bundle, of: SiteId | null = site): Parameters<Door>[0] => ({
  from: "test",
  site: of,
  content: Uint8Array.from(content),
});

test("what a site sends is durable before its receipt is; sent again it is there once", async () => {
  await using centre = await makeDoor();
  const signers = parseAllowedSigners(`central ${publicLine}`, "centre_keys");
  for (let time = 0; time < 2; time++) {
    const receipt = await centre.door(arrival());
    checkReceipt(receipt!, bundle, { centre: trust.centre, signers, nowMs: trust.nowMs });
    const names = (await centre.arrivals()).map((name) => parseArrivalName(name)?.name);
    expect(names).toEqual([formatBundleName({ site, epoch: 1, sequence: 2, kind: "keyframe" })]);
  }
});

test("who isn't known, or speaks for another site, gets nothing in", async () => {
  await using centre = await makeDoor();
  const damaged = Buffer.from(bundle);
  damaged[damaged.length - 1]! ^= 1;
  const others = [
    [arrival(damaged), "payload-damaged"],
    [arrival(bundle.subarray(0, 200)), "bundle-truncated"],
    [arrival(new Uint8Array(0)), "bundle-truncated"],
    [arrival(bundle, "remote2" as SiteId), "site-other"],
  ] as const;
  for (const [content, code] of others) {
    await expect(centre.door(content)).rejects.toMatchObject({ code, kind: "refused" });
  }
  expect(await centre.arrivals()).toEqual([]);
});

test("two bundles of one number both wait, also if they come at once: the run tells them apart", async () => {
  await using centre = await makeDoor();
  const other = forge({ lines: { service_states: [serviceLine({ 0: "other" })] } });
  await Promise.all([centre.door(arrival()), centre.door(arrival(other))]);
  expect(await centre.arrivals()).toHaveLength(2);
});

test("what is there already is synced before it is acknowledged again", async () => {
  const calls: string[] = [];
  const files = {
    ...nodeFiles,
    async syncDirectory(path: string) {
      calls.push(path.slice(path.lastIndexOf("/") + 1));
      await nodeFiles.syncDirectory(path);
    },
  };
  await using centre = await makeDoor({}, { files });
  await centre.door(arrival());
  await centre.door(arrival());
  expect(calls).toEqual(["arrivals", "arrivals"]);
});

test("to a one-way site nothing goes back, and no key is needed", async () => {
  await using centre = await makeDoor({ oneWay: true }, { signs: false });
  expect(await centre.door(arrival())).toBe(null);
  expect(await centre.arrivals()).toHaveLength(1);
  await using mute = await makeDoor({}, { signs: false });
  await expect(mute.door(arrival())).rejects.toMatchObject({ code: "key-unusable" });
  expect(await mute.arrivals()).toEqual([]);
});

test("without room, or while too many of a site wait, it has to try later", async () => {
  await using full = await makeDoor({}, { free: 0.01 });
  await expect(full.door(arrival())).rejects.toMatchObject({ code: "receiver-busy" });
  await using centre = await makeDoor();
  for (let count = 0; count < limits.arrivalsPerSiteMax; count++) {
    await centre.door(arrival(numbered(count + 1)));
  }
  await expect(centre.door(arrival(numbered(1_000)))).rejects.toMatchObject({ kind: "transient" });
});

/** The header alone is looked at here. */
function numbered(sequence: number): Uint8Array {
  return forge({ header: (header) => header.writeBigUInt64BE(BigInt(sequence), sequenceOffset) });
}

/** docs/specs/bundle.md */
const sequenceOffset = 88;
