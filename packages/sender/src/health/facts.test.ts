import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { FerryError, parseBundleName, type World } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rememberFailure, rememberSealed } from "../last-run.ts";
import { afterFailure, afterRefusal, afterTaken, linkOf, saveLinks } from "../links.ts";
import { readSenderFacts } from "./facts.ts";

let spool = "";
beforeEach(async () => {
  spool = await mkdtemp(`${tmpdir()}/facts-`);
});
afterEach(async () => {
  await rm(spool, { recursive: true, force: true });
});

const bundle = "remote1-000000000001-000000000001.keyframe.ferry";
const warned: string[] = [];
const world = {
  files: nodeFiles,
  random: { bytes: randomBytes },
  clock: { now: () => 100_000 },
  log: { warn: (_fields: object, message: string) => void warned.push(message) },
} as unknown as World;
const at = (nowMs: number) => ({ nowMs, fraction: 0, askedForMs: null });

test("nothing is known of a sender that never ran", async () => {
  const nothing = { sealedMs: null, failure: null, waiting: 0, oldestMs: null, links: [] };
  expect(await readSenderFacts(nodeFiles, spool)).toEqual(nothing);
  expect(await readSenderFacts(nodeFiles, `${spool}/none`)).toEqual(nothing);
});

test("what waits, since when, and which links fail since when and why", async () => {
  for (const name of ["outbox", "state"]) await mkdir(`${spool}/${name}`);
  await rememberSealed(world, `${spool}/state`);
  await rememberFailure(world, `${spool}/state`, new FerryError("livestatus-cut", "\u001bcut"));
  await writeFile(`${spool}/outbox/${bundle}`, "");
  await writeFile(`${spool}/outbox/no-bundle`, "");
  await utimes(`${spool}/outbox/${bundle}`, 50, 50);
  const failure = new FerryError("link-timeout", "slow");
  const well = linkOf({}, "well");
  const once = afterFailure(well, "express", failure, at(1_000));
  const twice = afterFailure(once, "express", new FerryError("link-protocol", "odd"), at(2_000));
  const refused = afterRefusal(well, bundle, new FerryError("centre-refused", "no"), 3_000);
  const large = afterRefusal(well, bundle, new FerryError("file-unsuitable", "552"), 3_000);
  const entry = { ...parseBundleName(bundle)!, fileName: bundle };
  const taken = afterTaken(refused, "bulk", entry);
  await saveLinks(world, `${spool}/state`, { well, twice, refused, large, taken });
  expect(await readSenderFacts(nodeFiles, spool)).toEqual({
    sealedMs: 100_000,
    failure: { code: "livestatus-cut", kind: "transient", message: "\\x1bcut", atMs: 100_000 },
    waiting: 1,
    oldestMs: 50_000,
    links: [
      { name: "well", failures: 0, sinceMs: null, refused: 0, untakeable: 0, problem: null },
      {
        name: "twice",
        failures: 2,
        sinceMs: 1_000,
        refused: 0,
        untakeable: 0,
        problem: { code: "link-protocol", message: "odd", atMs: 2_000 },
      },
      {
        name: "refused",
        failures: 0,
        sinceMs: null,
        refused: 1,
        untakeable: 0,
        problem: { code: "centre-refused", message: "no", atMs: 3_000 },
      },
      {
        name: "large",
        failures: 0,
        sinceMs: null,
        refused: 0,
        untakeable: 1,
        problem: { code: "file-unsuitable", message: "552", atMs: 3_000 },
      },
      { name: "taken", failures: 0, sinceMs: null, refused: 0, untakeable: 0, problem: null },
    ],
  });
});

test("a failure is remembered before anything else is there, and none that can't be written throws", async () => {
  const failure = new FerryError("key-unusable", "no key");
  await rememberFailure(world, `${spool}/state`, failure);
  expect(await readSenderFacts(nodeFiles, spool)).toMatchObject({
    sealedMs: null,
    failure: { code: "key-unusable", message: "no key" },
  });
  await writeFile(`${spool}/file`, "");
  await rememberFailure(world, `${spool}/file`, failure);
  expect(warned.join()).toMatch(/^Remembering a failed run: /);
});

test("a refusal ends with its bundle, though nobody wrote that down", async () => {
  for (const name of ["outbox", "state"]) await mkdir(`${spool}/${name}`);
  await writeFile(`${spool}/outbox/${bundle}`, "");
  const refusal = new FerryError("centre-refused", "no");
  await saveLinks(world, `${spool}/state`, {
    a: afterRefusal(linkOf({}, "a"), bundle, refusal, 1),
  });
  const refused = async () => (await readSenderFacts(nodeFiles, spool)).links[0];
  expect(await refused()).toMatchObject({ refused: 1 });
  await rm(`${spool}/outbox/${bundle}`);
  expect(await refused()).toMatchObject({ refused: 0, problem: null });
});
