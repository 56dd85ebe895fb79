import { mkdir, rm, truncate } from "node:fs/promises";
import { readHeader, realPace } from "@siteferry/bundle";
import { signer } from "@siteferry/bundle/forge";
import type { FileSystem, SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { saveSiteRecord } from "../mirror.ts";
import type { HighWaterMark } from "../order.ts";
import { receiverSchema } from "../settings.ts";
import { bundleOfLivedump, type LivedumpCentre, livedumpDirectory } from "./take-livedump.ts";
import { host, record } from "./test-livedump.ts";

const site = "remote1" as SiteId;
const quiet = (): void => {};
const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const beginMs = Date.UTC(2026, 10, 1);

interface Taken {
  readonly epoch: number;
  readonly sequence: number;
  readonly configurationHash: string;
}

/** As long as `spool` lies there, a centre that takes dumps in. */
async function makeTaker(
  spool: TemporaryDirectory,
): Promise<(text?: string, files?: FileSystem, nowMs?: number) => Promise<Taken>> {
  const settings = receiverSchema.parse({
    centre: "central",
    key: "/unused",
    allowedSigners: "/unused",
    sites: { remote1: { livedump: true } },
    targets: [{ checkresults: { dir: "/unused", core: "nagios" } }],
  });
  await mkdir(livedumpDirectory(spool.path, site), { recursive: true });
  return async (text = record("x|"), files = nodeFiles, nowMs = beginMs) => {
    const clock = { now: () => nowMs };
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const centre: LivedumpCentre = {
      world: { files, random, clock, log },
      settings,
      spool: spool.path,
      signer,
    };
    const bundle = await bundleOfLivedump(centre, site, Buffer.from(text), realPace());
    return readHeader(bundle).unverified;
  };
}

async function setMark(spool: string, mark: Partial<HighWaterMark>): Promise<void> {
  const whole = { epoch: 0, sequence: 1, hash: "", earlier: [], missed: 0, epochsMs: [], ...mark };
  await mkdir(`${spool}/sites/remote1`, { recursive: true });
  const none = { config: null, keyframe: null, delta: null, held: null };
  const world = { files: nodeFiles, random };
  await saveSiteRecord(world, spool, site, { mark: whole, ...none });
}

test("numbers follow each other; states belong to the configuration that came last", async () => {
  await using spool = await makeTemporaryDirectory("livedump");
  const take = await makeTaker(spool);
  const first = await take();
  expect([first.epoch, first.sequence]).toEqual([beginMs / 1000, 1]);
  const configuration = await take(host());
  expect(configuration.configurationHash).not.toBe(first.configurationHash);
  const third = await take(undefined, nodeFiles, beginMs + 60_000);
  expect(third).toMatchObject({
    epoch: first.epoch,
    sequence: 3,
    configurationHash: configuration.configurationHash,
  });
});

test("killed at any file call, from its number to its seal: no number stands for two bundles", async () => {
  let calls = Number.POSITIVE_INFINITY;
  for (let killAt = 1; killAt <= calls; killAt++) {
    await using spool = await makeTemporaryDirectory("livedump");
    const take = await makeTaker(spool);
    const before = await take();
    const killed = killedAt(killAt);
    const taken = await take(host(), killed.files).catch(() => null);
    if (taken !== null) calls = killed.calls();
    const after = await take();
    const number = ({ epoch, sequence }: Taken): number => epoch * 1000 + sequence;
    expect(number(after), `killed at call ${killAt}`).toBeGreaterThan(number(taken ?? before));
  }
  expect(calls).toBeGreaterThan(8);
});

test("a lost or damaged memory, or only the one before, begins a new epoch", async () => {
  await using spool = await makeTemporaryDirectory("livedump");
  const take = await makeTaker(spool);
  const state = `${livedumpDirectory(spool.path, site)}/numbering`;
  await take();
  const first = await take();
  await truncate(state, 20);
  const previous = await take();
  expect(previous).toMatchObject({ epoch: first.epoch + 1, sequence: 1 });
  await setMark(spool.path, previous);
  for (const path of [state, `${state}.previous`]) await rm(path);
  expect(await take()).toMatchObject({ epoch: previous.epoch + 1, sequence: 1 });
});

test("after a sender of its own, or an epoch that was forgotten, it begins behind that", async () => {
  await using spool = await makeTemporaryDirectory("livedump");
  const take = await makeTaker(spool);
  const first = await take();
  await setMark(spool.path, { epoch: first.epoch + 100 });
  expect(await take()).toMatchObject({ epoch: first.epoch + 101, sequence: 1 });
  await setMark(spool.path, { epoch: 0, banned: [first.epoch + 101] });
  const later = await take(undefined, nodeFiles, beginMs + 60_000);
  expect(later).toMatchObject({ epoch: first.epoch + 60, sequence: 1 });
});

test("a site that may come unsigned needs the centre's key, and can't have to be encrypted", () => {
  const problemsOf = (settings: object): readonly string[] => {
    const common = { centre: "central", allowedSigners: "/unused", sites: { remote1: {} } };
    const targets = [{ checkresults: { dir: "/unused", core: "nagios" } }];
    const judged = receiverSchema.safeParse({ ...common, targets, ...settings });
    return judged.error?.issues.map(({ message }) => message) ?? [];
  };
  const key = "/unused";
  const livedump = true;
  const transports = [{ mail: { maildir: { dir: "/unused", livedump: "remote1" } } }];
  expect(problemsOf({ key, sites: { remote1: { livedump } }, transports })).toEqual([]);
  expect(problemsOf({ sites: { remote1: { livedump } } })).toEqual([
    expect.stringContaining("needs the centre's key"),
  ]);
  expect(problemsOf({ key, sites: { remote1: { livedump, encrypted: true } } })).toEqual([
    expect.stringContaining("livedump isn't encrypted"),
  ]);
  expect(problemsOf({ key, transports })).toEqual([
    expect.stringContaining('remote1 has no "livedump: true"'),
  ]);
});

test("what isn't livedump's uses no number", async () => {
  await using spool = await makeTemporaryDirectory("livedump");
  const take = await makeTaker(spool);
  await take();
  await expect(take("status\n")).rejects.toMatchObject({ code: "livedump-invalid" });
  expect(await take()).toMatchObject({ sequence: 2 });
});

/** A file system whose process dies before its n-th call, and does nothing more. */
function killedAt(killAt: number): { readonly files: FileSystem; readonly calls: () => number } {
  let calls = 0;
  const files = Object.fromEntries(
    Object.entries(nodeFiles).map(([name, call]) => [
      name,
      async (...parameters: readonly unknown[]): Promise<unknown> => {
        calls += 1;
        if (calls >= killAt) throw new Error("killed");
        return await (call as (...all: readonly unknown[]) => Promise<unknown>)(...parameters);
      },
    ]),
  ) as unknown as FileSystem;
  return { files, calls: () => calls };
}
