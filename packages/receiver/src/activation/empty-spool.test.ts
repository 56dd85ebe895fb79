// A spool that was lost, or is another one than the settings mean: what is live of the sites stays, as
// nobody asked for it to go.

import { parseSiteId, type SiteId } from "@siteferry/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { targetDirectory } from "../applied-store.ts";
import { readFacts } from "../health/facts.ts";
import type { ReceiveReport } from "../receive.ts";
import { type Centre, noCore, remote1, remote2 } from "../test-centre.ts";
import { loadActivation, saveActivation } from "./record.ts";
import type { TestCore } from "./test-core.ts";
import { type Ground, laterMs, openGround } from "./test-ground.ts";
import { approve } from "./words.ts";

let ground: Ground;
let centre: Centre;
let core: TestCore;
let said: Ground["said"];

beforeEach(async () => {
  // Nobody approves by himself: what was approved lies in the spool, too.
  ground = await openGround({ remote1: {}, remote2: {}, remote3: {} });
  ({ centre, core, said } = ground);
  await say(["web"], remote1);
  await say(["mail"], remote2);
  await run();
  for (const site of [remote1, remote2]) await approve(core.files, { spool: centre.path }, site);
  await run();
});

afterEach(() => ground[Symbol.asyncDispose]());

const say: Ground["say"] = (...parameters) => ground.say(...parameters);
const loaded: Ground["loaded"] = () => ground.loaded();

/** A minute after the one before. */
async function run(): Promise<ReceiveReport> {
  core.nowMs += laterMs;
  return await ground.run();
}

const objects = (): string => `${centre.path}/core/objects`;

async function lose(path = `${centre.path}/receiver`): Promise<void> {
  for (const name of await core.files.list(path)) {
    const status = await core.files.status(`${path}/${name}`);
    if (status?.kind !== "directory") await core.files.unlink(`${path}/${name}`);
    else await lose(`${path}/${name}`);
  }
}

const warnings = (): readonly string[] =>
  said.filter(({ level }) => level === "warn").map(({ message }) => message);
const kept = (site: SiteId): string =>
  `No configuration of ${site} is in ${centre.path}/receiver: its objects stay as they are`;

async function details(): Promise<readonly boolean[]> {
  const { path, settings } = centre;
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const { sites } = await readFacts({
    world: { files: core.files, random, log: ground.log, clock: core },
    settings: { ...settings, spool: path },
    spool: `${path}/receiver`,
    core: noCore,
    groupId: async () => null,
  });
  return sites.map(({ objectsStay }) => objectsStay === true);
}

test("an empty spool: what is live stays, which is said once of each site that has something live", async () => {
  expect(loaded()).toEqual(["central", "mail", "web"]);
  expect(await details()).toEqual([false, false, false]);
  await lose();
  said.length = 0;
  expect(await run()).toMatchObject({ failed: 0, awaitingApproval: 0 });
  expect(loaded()).toEqual(["central", "mail", "web"]);
  expect(warnings()).toEqual([kept(remote1), kept(remote2)]);
  expect(await details()).toEqual([true, true, false]);
  const { reloads } = core;
  for (let runs = 0; runs < 3; runs += 1) await run();
  expect(warnings()).toHaveLength(2);
  expect(core.reloads).toBe(reloads);
});

test("what comes then goes live without another approval, and the others still stay", async () => {
  await lose();
  await say(["web", "new"], remote1);
  await run();
  expect(loaded()).toEqual(["central", "mail", "new", "web"]);
  await say(["web"], remote1);
  await run();
  expect(loaded()).toEqual(["central", "mail", "web"]);
  expect(await details()).toEqual([false, true, false]);
});

test("a host of what stays can't be taken by another site", async () => {
  await lose();
  await say(["web", "mail"], remote1);
  await run();
  expect(warnings()).toContain(
    "remote1: host mail: host_name is a host of the centre's own: left out",
  );
  expect(loaded()).toEqual(["central", "mail", "web"]);
});

test("the record of one site that is moved away", async () => {
  await lose(`${centre.path}/receiver/sites/remote1`);
  await say(["mail", "new"], remote2);
  await run();
  expect(loaded()).toEqual(["central", "mail", "new", "web"]);
  expect(warnings().at(-1)).toBe(kept(remote1));
});

test("a record that is damaged", async () => {
  const record = `${centre.path}/receiver/sites/remote1/record`;
  for (const path of [record, `${record}.previous`]) {
    await core.files.unlink(path);
    await core.files.writeNew(path, Buffer.from("nothing"), 0o600);
  }
  await say(["mail", "new"], remote2);
  said.length = 0;
  await run();
  expect(loaded()).toEqual(["central", "mail", "new", "web"]);
  expect(said).toContainEqual(
    expect.objectContaining({ level: "error", message: "The objects of remote1 stay as they are" }),
  );
});

test("a site that is taken out of the settings loses its objects all the same", async () => {
  await lose();
  await run();
  delete (centre.settings.sites as Record<SiteId, unknown>)[remote2];
  await run();
  expect(loaded()).toEqual(["central", "web"]);
});

test("what is live and can't be read whole isn't replaced by something without it", async () => {
  const live = await core.files.readLink(`${objects()}/live`);
  const file = `${objects()}/${live}/siteferry-site-remote2.cfg`;
  await core.files.unlink(file);
  await core.files.writeNew(file, Buffer.from("# cut"), 0o644);
  await lose();
  expect(await run()).toMatchObject({ failed: 1, activations: 0 });
  expect(await core.files.readLink(`${objects()}/live`)).toBe(live);
  expect(await run()).toMatchObject({ activations: 0 });
  await say(["web"], remote1);
  await say(["mail"], remote2);
  await run();

  expect(loaded()).toEqual(["central", "mail", "web"]);
});

test("nor by something without a site that the core refuses", async () => {
  const live = await core.files.readLink(`${objects()}/live`);
  await core.files.unlink(`${objects()}/${live}/siteferry-groups.cfg`);
  await say(["mail", "invalid"], remote2);
  expect(await run()).toMatchObject({ failed: 1, activations: 0 });
  expect(loaded()).toEqual(["central", "mail", "web"]);
});

test("an older spool, whose record names what is gone from the disk: live is what the link says", async () => {
  await lose(`${centre.path}/receiver/sites`);
  const directory = targetDirectory(`${centre.path}/receiver`, "objects", objects());
  const record = await loadActivation({ files: core.files }, directory);
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const older = { ...record, live: "0123456789abcdef" };
  await saveActivation({ files: core.files, random }, directory, older);
  await run();
  expect(loaded()).toEqual(["central", "mail", "web"]);
});

test("an older spool, whose record names a generation that is still on the disk: likewise", async () => {
  const directory = targetDirectory(`${centre.path}/receiver`, "objects", objects());
  const older = await loadActivation({ files: core.files }, directory);
  const remote3 = parseSiteId("remote3")!;
  await say(["db"], remote3);
  await run();
  await approve(core.files, { spool: centre.path }, remote3);
  await run();
  expect(loaded()).toEqual(["central", "db", "mail", "web"]);
  await lose(`${centre.path}/receiver/sites/remote3`);
  await core.files.unlink(`${centre.path}/receiver/state/approved-remote3`);
  const random = { bytes: (count: number) => new Uint8Array(count) };
  await saveActivation({ files: core.files, random }, directory, older);
  await run();
  expect(loaded()).toEqual(["central", "db", "mail", "web"]);
  expect(warnings()).toContain(kept(remote3));
});

test("a site that the core refuses and a file that somebody changed keep no other site waiting", async () => {
  await say(["mail", "invalid"], remote2);
  await run();
  const live = await core.files.readLink(`${objects()}/live`);
  const file = `${objects()}/${live}/siteferry-site-remote1.cfg`;
  const text = Buffer.from(await core.files.read(file, 1e6));
  await core.files.unlink(file);
  await core.files.writeNew(file, Buffer.concat([text, Buffer.from("# ours\n")]), 0o644);
  await say(["web", "new"], remote1);
  await run();
  expect(loaded()).toEqual(["central", "mail", "new", "web"]);
});
