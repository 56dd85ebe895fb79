// An activation while everything else goes wrong: the record, the clock, the core and the operator.

import { FerryError, type FileSystem } from "@siteferry/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { coreTroubles } from "../health/core-troubles.ts";
import { type Centre, remote2 } from "../test-centre.ts";
import type { TestCore } from "./test-core.ts";
import { type Ground, laterMs, openGround } from "./test-ground.ts";
import { request } from "./words.ts";

let ground: Ground;
let centre: Centre;
let core: TestCore;
let said: Ground["said"];

beforeEach(async () => {
  ground = await openGround();
  ({ centre, core, said } = ground);
  await say(["web"]);
  await run();
  core.nowMs += laterMs;
});

afterEach(() => ground[Symbol.asyncDispose]());

const say: Ground["say"] = (...parameters) => ground.say(...parameters);
const run: Ground["run"] = (files) => ground.run(files);
const loaded: Ground["loaded"] = () => ground.loaded();
const ask = async (word: "rollback" | "resume"): Promise<void> =>
  await request(core.files, { spool: centre.path }, word);
const objects = (): string => `${centre.path}/core/objects`;

/** What the target remembers is gone. */
async function loseRecord(): Promise<void> {
  const state = `${centre.path}/receiver/state`;
  const [target] = (await core.files.list(state)).filter((name) => name.startsWith("objects-"));
  const names = await core.files.list(`${state}/${target}`);
  expect(names).not.toEqual([]);
  for (const name of names) await core.files.unlink(`${state}/${target}/${name}`);
}

test("a record that is lost: what is live isn't taken for the centre's own", async () => {
  await loseRecord();
  await run();
  expect(loaded()).toEqual(["central", "web"]);
  expect(said.filter(({ fields }) => "directive" in fields)).toEqual([]);
});

test("nor is it when somebody changed its files: they are written again", async () => {
  const live = await core.files.readLink(`${objects()}/live`);
  await core.files.unlink(`${objects()}/${live}/siteferry-site-remote1.cfg`);
  await run();
  expect(loaded()).toEqual(["central", "web"]);
  expect(said.filter(({ fields }) => "directive" in fields)).toEqual([]);
});

test("nor is it when the link is lost too, as in another directory", async () => {
  await loseRecord();
  await core.files.unlink(`${objects()}/live`);
  await run();
  expect(loaded()).toEqual(["central", "web"]);
});

test.each([
  ["new", ["central", "new", "web"]],
  ["gone", ["central"]],
] as const)("a core that doesn't answer for a moment is told later: %s", async (kind, after) => {
  core.deaf = true;
  await say(kind === "new" ? ["web", "new"] : []);
  await run();
  expect(loaded()).toEqual(["central", "web"]);
  core.deaf = false;
  await run();
  expect(loaded()).toEqual(after);
  const { reloads } = core;
  await run();
  expect(core.reloads).toBe(reloads);
});

test("a clock that is put back takes nothing back", async () => {
  core.slowMs = 15_000;
  await say(["web", "new"]);
  await run();
  core.nowMs -= 3_600_000;
  expect(await run()).toMatchObject({ failed: 0 });
  await core.start();
  expect(await run()).toMatchObject({ failed: 0 });
  expect(loaded()).toEqual(["central", "new", "web"]);
});

test("a clock that is put back doesn't let it wait for ever", async () => {
  await say(["web", "ignored"]);
  await run();
  core.nowMs -= 3_600_000;
  expect(await run()).toMatchObject({ failed: 0 });
  core.nowMs += 31_000;
  expect(await run()).toMatchObject({ failed: 1 });
  expect(loaded()).toEqual(["central", "web"]);
});

test("an operator who goes back while it is under way isn't passed over", async () => {
  core.slowMs = 15_000;
  await say(["web", "new"]);
  await run();
  await ask("rollback");
  core.slowMs = 0;
  await run();
  expect(loaded()).toEqual(["central", "web"]);
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ activations: 0 });
  await ask("resume");
  expect(await run()).toMatchObject({ activations: 1 });
  expect(loaded()).toEqual(["central", "new", "web"]);
});

test("each rollback goes one further back, and one whose run dies after it goes back once", async () => {
  for (const host of ["second", "third"]) {
    await say(["web", host]);
    await run();
    core.nowMs += laterMs;
  }
  await ask("rollback");
  const { files } = core;
  const dying: FileSystem = {
    ...files,
    unlink: async (path) => {
      if (path.endsWith("/config-rollback")) throw new Error("killed");
      await files.unlink(path);
    },
  };
  await expect(run(dying)).rejects.toThrow("killed");
  expect(loaded()).toEqual(["central", "second", "web"]);
  await run();
  expect(loaded()).toEqual(["central", "second", "web"]);
  core.nowMs += laterMs;
  await ask("rollback");
  await run();
  expect(loaded()).toEqual(["central", "web"]);
});

test("whoever goes back while a run goes on is heard by the next one", async () => {
  await say(["web", "new"]);
  core.slowMs = 5_000;
  const wait = core.wait.bind(core);
  core.wait = async (milliseconds) => {
    core.wait = wait;
    await ask("rollback");
    await wait(milliseconds);
  };
  expect(await run()).toMatchObject({ activations: 1, heldAfterRollback: 0 });
  expect(await run()).toMatchObject({ heldAfterRollback: 1 });
  expect(loaded()).toEqual(["central", "web"]);
});

test("whoever goes back is heard as soon as the core's main file can be read again", async () => {
  await say(["web", "new"]);
  await run();
  core.nowMs += laterMs;
  const main = `${centre.path}/core/nagios.cfg`;
  await core.files.rename(main, `${main}.away`);
  await ask("rollback");
  expect(await run()).toMatchObject({ heldAfterRollback: 0 });
  await core.files.rename(`${main}.away`, main);
  expect(await run()).toMatchObject({ heldAfterRollback: 1, failed: 0 });
  expect(loaded()).toEqual(["central", "web"]);
});

test("from the first objects nobody goes back, nor forth again; it is said once", async () => {
  await say(["web", "new"]);
  await run();
  core.nowMs += laterMs;
  await ask("rollback");
  expect(await run()).toMatchObject({ failed: 0 });
  core.nowMs += laterMs;
  await ask("rollback");
  expect(await run()).toMatchObject({ failed: 1 });
  expect(await run()).toMatchObject({ failed: 0 });
  expect(loaded()).toEqual(["central", "web"]);
});

test("of going back and going on, the last word counts", async () => {
  await say(["web", "second"]);
  await run();
  core.nowMs += laterMs;
  await ask("resume");
  await ask("rollback");
  await run();
  expect(loaded()).toEqual(["central", "web"]);
});

test("what the core refuses again and again doesn't fill the disk", async () => {
  for (let attempt = 0; attempt < 8; attempt++) {
    await say(["web", `invalid${attempt}`]);
    await run();
    core.nowMs += laterMs;
  }
  expect(await core.files.list(`${objects()}/.generations`)).toHaveLength(1);
});

test("what has to wait for its turn isn't rendered and checked in each run", async () => {
  await say(["web", "new"]);
  await run();
  const { checks } = core;
  for (const host of ["a", "b", "c"]) {
    await say(["web", host]);
    expect(await run()).toMatchObject({ activations: 0 });
  }
  expect(core.checks).toBe(checks);
});

test("a centre that doesn't load by itself isn't checked in each run", async () => {
  core.ownHosts = ["central", "invalid centre"];
  await say(["web", "new"]);
  expect(await run()).toMatchObject({ failed: 1 });
  expect(said.find(({ level }) => level === "error")).toMatchObject({
    message: "Nothing goes live: the check fails even without what is new",
  });
  const { checks } = core;
  await run();
  expect(core.checks).toBe(checks);
  core.ownHosts = ["central"];
  core.nowMs += 15 * 60_000;
  expect(await run()).toMatchObject({ activations: 1 });
});

/** What of the core's is a trouble of the receiver between the runs. */
const troubles = async (): Promise<readonly string[]> => {
  const world = {
    files: core.files,
    random: { bytes: () => new Uint8Array() },
    clock: core,
    log: ground.log,
  };
  return await coreTroubles({
    world,
    settings: centre.settings,
    spool: `${centre.path}/receiver`,
  });
};

test("that the core's own configuration doesn't load is said in each look, until it does", async () => {
  expect(await troubles()).toEqual([]);
  core.ownHosts = ["central", "invalid centre"];
  await say(["web", "new"]);
  await run();
  const words = `nothing new goes live in ${objects()}: the core's check fails even without what is new: siteferry config diff`;
  expect(await troubles()).toEqual([words]);
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ failed: 0 });
  expect(await troubles()).toEqual([words]);
  core.ownHosts = ["central"];
  await core.start();
  await run();
  expect(await troubles()).toEqual([]);
});

test("an operator who went back hears of that alone, as long as nothing new goes live for it", async () => {
  await say(["web", "new"]);
  await run();
  core.nowMs += laterMs;
  core.missing = true;
  await say(["web", "newer"]);
  await run();
  expect(await troubles()).toHaveLength(1);
  await ask("rollback");
  await run();
  const words = `nothing new goes live in ${objects()} since a rollback: siteferry config approve`;
  expect([await troubles(), loaded()]).toEqual([[words], ["central", "web"]]);
  core.nowMs += laterMs;
  core.missing = false;
  await ask("resume");
  await run();
  expect([await troubles(), loaded()]).toEqual([[], ["central", "newer", "web"]]);
});

test("that new objects were taken back is said in each look, until others are wanted", async () => {
  await say(["web", "ignored"]);
  await run();
  core.nowMs += 31_000;
  await run();
  const words = `the core didn't live well with new objects in ${objects()}, so they were taken back: siteferry config diff`;
  for (const _ of [1, 2]) {
    core.nowMs += laterMs;
    expect(await run()).toMatchObject({ failed: 0 });
    expect(await troubles()).toEqual([words]);
  }
  // As the live ones; and then as they were when they failed.
  await say(["web"]);
  await run();
  expect(await troubles()).toEqual([]);
  await say(["web", "ignored"]);
  await run();
  expect(await troubles()).toEqual([words]);
  await say(["web", "new"]);
  expect(await run()).toMatchObject({ activations: 1 });
  expect(await troubles()).toEqual([]);
});

test("a site whose objects can't be rendered, or not be read back, keeps no other one waiting", async () => {
  await say(["mail"], remote2);
  await run();
  core.nowMs += laterMs;
  const { files } = core;
  const huge: FileSystem = {
    ...files,
    read: async (path, bytesMax, options) => {
      const bytes = await files.read(path, bytesMax, options);
      const isHuge = path.includes("/.generations/") && Buffer.from(bytes).includes("huge");
      if (isHuge) throw new FerryError("file-unsuitable", "it is huge");
      return bytes;
    },
  };
  await say(["web", "huge"]);
  await say(["mail", "mail2"], remote2);
  expect(await run(huge)).toMatchObject({ activations: 1, failed: 1 });
  expect(loaded()).toEqual(["central", "mail", "mail2", "web"]);
  core.nowMs += laterMs;
  Object.assign(centre.settings.sites[remote2]!, { prefix: "p".repeat(252) });
  await say(["web", "new"]);
  expect(await run()).toMatchObject({ activations: 1 });
  expect(loaded()).toEqual(["central", "mail", "mail2", "new", "web"]);
});

test("a site that sends refused objects again and again is tried less and less often", async () => {
  const refused = async (host: string): Promise<number> => {
    core.nowMs += laterMs;
    const { checks } = core;
    await say(["web", host]);
    await run();
    return core.checks - checks;
  };
  expect(await refused("invalid1")).toBeGreaterThan(1);
  expect(await refused("invalid2")).toBeGreaterThan(1);
  expect(await refused("invalid3")).toBe(0);
  await say(["mail"], remote2);
  const { checks } = core;
  expect(await run()).toMatchObject({ activations: 1 });
  expect(core.checks - checks).toBe(1);
  expect(loaded()).toEqual(["central", "mail", "web"]);
  // What is well now isn't forgotten, though nothing else comes.
  await say(["web", "new"]);
  await run();
  core.nowMs += 2 * laterMs;
  expect(await run()).toMatchObject({ activations: 1 });
  expect(loaded()).toEqual(["central", "mail", "new", "web"]);
});

test("a site that makes the check hang costs one deadline, and short ones after it", async () => {
  await say(["web", "slow"]);
  await say(["mail"], remote2);
  const begunMs = core.nowMs;
  await run();
  expect(loaded()).toEqual(["central", "mail", "web"]);
  expect(core.nowMs - begunMs).toBeLessThan(2 * 30_000);
});

test("a check that can't be started is said once, and isn't tried in each run", async () => {
  core.missing = true;
  await say(["web", "new"]);
  expect(await run()).toMatchObject({ failed: 1 });
  const { checks } = core;
  expect(await run()).toMatchObject({ failed: 0 });
  expect(core.checks).toBe(checks);
  core.missing = false;
  core.nowMs += 15 * 60_000;
  expect(await run()).toMatchObject({ activations: 1 });
});
