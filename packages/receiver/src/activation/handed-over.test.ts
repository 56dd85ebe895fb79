// Which results a core is handed when its objects come and go.

import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReceiveReport } from "../receive.ts";
import { type Centre, remote1, remote2 } from "../test-centre.ts";
import type { TestCore } from "./test-core.ts";
import { approved, type Ground, laterMs, openGround } from "./test-ground.ts";
import { request } from "./words.ts";

let ground: Ground;
let centre: Centre;
let core: TestCore;

beforeEach(async () => {
  ground = await openGround({ remote1: approved }, { sends: ["config", "keyframe"] });
  ({ centre, core } = ground);
});

afterEach(() => ground[Symbol.asyncDispose]());

/** The site says what it monitors; the checks of its hosts are as old as ever. */
const say = (...hosts: readonly string[]): Promise<void> => ground.say(hosts);
const run = (): Promise<ReceiveReport> => ground.run();

/** The hosts whose results the core gets in a run, and reads. */
async function handedOver(): Promise<readonly string[]> {
  await run();
  const results = `${centre.path}/results`;
  const hosts: string[] = [];
  for (const name of await core.files.list(results)) {
    const text = Buffer.from(await core.files.read(`${results}/${name}`, 1e6)).toString();
    for (const [, host] of text.matchAll(/^host_name=(.*)$/gm)) hosts.push(host!);
    await core.files.unlink(`${results}/${name}`);
  }
  return hosts.toSorted();
}

const cache = (): string => `${centre.path}/core/cache`;

async function writeCache(content: Uint8Array): Promise<void> {
  await core.files.unlink(cache());
  await core.files.writeNew(cache(), content, 0o644);
}

test("a core that has the new objects and doesn't answer yet: they aren't taken for the centre's own", async () => {
  await say("web");
  expect(await handedOver()).toEqual(["web"]);
  core.nowMs += laterMs;
  await say("web", "new");
  const command = core.command.bind(core);
  core.command = async () => {
    core.deaf = true;
    return await command();
  };
  expect(await handedOver()).toEqual(["new"]);
  expect(ground.said.filter(({ level }) => level === "warn")).toEqual([]);
  core.deaf = false;
  expect(await handedOver()).toEqual([]);
});

test("settings that are others: what the site feeds now is handed over without a new bundle", async () => {
  await say("web", "central");
  expect(await handedOver()).toEqual(["web"]);
  expect(await handedOver()).toEqual([]);
  core.nowMs += laterMs;
  Object.assign(centre.settings.sites[remote1]!, { feeds: ["central"] });
  expect(await handedOver()).toEqual(["central"]);
  core.nowMs += laterMs;
  Object.assign(centre.settings.sites[remote1]!, { prefix: "acme-", feeds: [] });
  expect(await handedOver()).toEqual(["acme-central", "acme-web"]);
  expect(await handedOver()).toEqual([]);
});

test("what the core lost with a rollback it is handed again when it has it again", async () => {
  await say("web");
  expect(await handedOver()).toEqual(["web"]);
  core.nowMs += laterMs;
  await say("web", "new");
  expect(await handedOver()).toEqual(["new"]);
  core.nowMs += laterMs;
  await request(core.files, { spool: centre.path }, "rollback");
  expect(await handedOver()).toEqual([]);
  expect(core.loaded).not.toContain("new");
  core.nowMs += laterMs;
  await request(core.files, { spool: centre.path }, "resume");
  expect(await handedOver()).toEqual(["new"]);
  expect(await handedOver()).toEqual([]);
});

test("likewise of a site that left the settings and comes back; what it kept comes once", async () => {
  await say("web");
  expect(await handedOver()).toEqual(["web"]);
  const sites = centre.settings.sites as Record<string, unknown>;
  const { remote1: site } = sites;
  const leave = async (): Promise<void> => {
    delete sites["remote1"];
    expect(await handedOver()).toEqual([]);
    sites["remote1"] = site;
  };
  // Too soon for a reload: the core keeps them.
  await leave();
  expect(await handedOver()).toEqual([]);
  core.nowMs += laterMs;
  await leave();
  expect([...core.loaded]).toEqual(["central"]);
  core.nowMs += laterMs;
  expect(await handedOver()).toEqual(["web"]);
});

test("a core that was started without objects for a while, which nobody told the receiver", async () => {
  await say("web", "db");
  expect(await handedOver()).toEqual(["db", "web"]);
  const whole = Buffer.from(await core.files.read(cache(), 1e6));
  core.nowMs += laterMs;
  await writeCache(
    Buffer.from(whole.toString().replace("define host {\n\thost_name\tdb\n\t}\n", "")),
  );
  core.nowMs += laterMs;
  expect(await handedOver()).toEqual([]);
  core.nowMs += laterMs;
  await writeCache(whole);
  expect(await handedOver()).toEqual(["db"]);
});

test("a cache that the core is just writing, or left in the middle, makes nothing be forgotten", async () => {
  await say("web", "db");
  expect(await handedOver()).toEqual(["db", "web"]);
  const whole = Buffer.from(await core.files.read(cache(), 1e6));
  core.deaf = true;
  await writeCache(whole.subarray(0, whole.indexOf("define host", 1)));
  expect(await handedOver()).toEqual([]);
  for (const size of [0, whole.length - 90]) {
    await writeCache(whole.subarray(0, size));
    expect(await handedOver()).toEqual([]);
    core.nowMs += 60_000;
    expect(await handedOver()).toEqual([]);
  }
  await writeCache(whole);
  core.deaf = false;
  expect(await handedOver()).toEqual([]);
});

/** Of the site, in what is live. */
async function liveFile(): Promise<string> {
  const objects = `${centre.path}/core/objects`;
  return `${objects}/${await core.files.readLink(`${objects}/live`)}/siteferry-site-remote1.cfg`;
}

const warnings = (): readonly string[] =>
  ground.said.filter(({ level }) => level === "warn").map(({ message }) => message);

test("a site's live file that somebody removed: until it is there again its hosts aren't the centre's own", async () => {
  await say("web", "db");
  expect(await handedOver()).toEqual(["db", "web"]);
  await core.files.unlink(await liveFile());
  await say("web", "db");
  // Too soon for the file to be written anew.
  expect(await run()).toMatchObject({ failed: 1, centreHosts: 0, results: 0 });
  expect(await handedOver()).toEqual([]);
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ failed: 0, centreHosts: 0, results: 0 });
  expect(await core.files.status(await liveFile())).not.toBeNull();
  await say("web", "db");
  expect(await handedOver()).toEqual([]);
  expect(warnings()).toEqual([]);
});

test("likewise one without a host in it", async () => {
  await say("web");
  expect(await handedOver()).toEqual(["web"]);
  const file = await liveFile();
  await core.files.unlink(file);
  await core.files.writeNew(file, Buffer.from("# cut"), 0o644);
  await say("web");
  expect(await run()).toMatchObject({ failed: 1, centreHosts: 0, results: 0 });
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ failed: 0, centreHosts: 0, results: 0 });
});

test("of a site whose hosts are all the centre's own nothing is taken, also if somebody changed another file", async () => {
  await say("central");
  expect(await run()).toMatchObject({ failed: 0, centreHosts: 1, results: 0 });
  const templates = (await liveFile()).replace("site-remote1", "templates");
  await core.files.unlink(templates);
  await core.files.writeNew(templates, Buffer.from("# an operator's"), 0o644);
  await say("central");
  expect(await run()).toMatchObject({ failed: 0, centreHosts: 1, results: 0 });
});

test("nor of one that has no file yet", async () => {
  await say("web");
  expect(await handedOver()).toEqual(["web"]);
  const sites = centre.settings.sites as Record<string, unknown>;
  sites["remote2"] = sites["remote1"];
  await ground.say(["invalid", "central"], remote2);
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ failed: 1, refusedByCore: 1, centreHosts: 1, results: 0 });
});

test("a host that is missing in the live file for a while is handed over without a new bundle", async () => {
  await say("web", "db");
  expect(await handedOver()).toEqual(["db", "web"]);
  const file = await liveFile();
  const whole = await core.files.read(file, 1e6);
  const put = async (text: string): Promise<void> => {
    await core.files.unlink(file);
    await core.files.writeNew(file, Buffer.from(text), 0o644);
  };
  await put(
    Buffer.from(whole)
      .toString()
      .replace(/define host \{\n[^}]*db\n[^}]*\}\n/, ""),
  );
  await say("web", "db");
  expect(await run()).toMatchObject({ failed: 0, centreHosts: 1 });
  await put(Buffer.from(whole).toString());
  expect(await handedOver()).toEqual(["db"]);
});

test("a lost spool while the core's own check fails: what the core has of the site is still the site's", async () => {
  await say("web");
  expect(await handedOver()).toEqual(["web"]);
  await lose(`${centre.path}/receiver`);
  core.ownHosts = ["central", "invalid-own"];
  core.nowMs += laterMs;
  await say("web");
  // Nobody remembers that the core has it already.
  expect(await handedOver()).toEqual(["web"]);
  expect(warnings()).toEqual([]);
  expect(await handedOver()).toEqual([]);
});

async function lose(path: string): Promise<void> {
  for (const name of await core.files.list(path)) {
    const status = await core.files.status(`${path}/${name}`);
    if (status?.kind !== "directory") await core.files.unlink(`${path}/${name}`);
    else await lose(`${path}/${name}`);
  }
}
