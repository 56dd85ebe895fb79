import {
  type Fate,
  Life,
  type MemoryDisk,
  memoryFiles,
  seededDice,
} from "@siteferry/testkit/simulation";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadLastRun, receiverWaits } from "../health/last-run.ts";
import { type Centre, remote1, remote2 } from "../test-centre.ts";
import type { TestCore } from "./test-core.ts";
import { approved, type Ground, laterMs, openGround } from "./test-ground.ts";
import { approve, reloadableFrom, request } from "./words.ts";

let ground: Ground;
let said: Ground["said"];
let centre: Centre;
let core: TestCore;
let disk: MemoryDisk;
/** Of the receiver that runs; null: nothing happens to it. */
let life: Life | null;

async function open(sites?: object): Promise<void> {
  await ground?.[Symbol.asyncDispose]();
  life = null;
  ground = await openGround(sites, {
    sends: ["config", "keyframe"],
    /** A dead process tells the core nothing. */
    before: async (what) => await life?.call(what, () => {}),
  });
  ({ said, centre, core, disk } = ground);
}

const say: Ground["say"] = (...parameters) => ground.say(...parameters);
const run: Ground["run"] = () => ground.run();
const errors = (): string[] =>
  said.filter(({ level }) => level === "error").map(({ message }) => message);
const centreSettings = () => ({ ...centre.settings, spool: centre.path });

beforeEach(() => open());
afterEach(() => ground[Symbol.asyncDispose]());

test("a new host is checked, live and known to the core in one run, and its state follows at once", async () => {
  await say(["web"]);
  expect(await run()).toMatchObject({ activations: 1, results: 1, waitingForConfiguration: 0 });
  expect([...core.loaded]).toEqual(["central", "web"]);
  expect([core.checks, core.reloads]).toEqual([1, 1]);
  // Nothing changed: nothing is rendered, checked or loaded.
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ activations: 0, objectFiles: 0 });
  expect([core.checks, core.reloads]).toEqual([1, 1]);
});

test("a host that the centre defines itself takes no states of a site, unless the site feeds it", async () => {
  const hosts = ["web", "central"];
  await say(hosts);
  expect(await run()).toMatchObject({ activations: 1, results: 1, centreHosts: 1 });
  expect(said.filter(({ level }) => level === "warn").map(({ message }) => message)).toContain(
    "remote1 sends states of hosts that the centre defines itself: feeds may allow them",
  );
  await open({ remote1: { ...approved, feeds: ["cent*"] }, remote2: approved });
  await say(hosts);
  expect(await run()).toMatchObject({ activations: 1, results: 2, centreHosts: 0 });
});

test("changes of several sites share a reload, and those within a minute wait for the next", async () => {
  await say(["web"]);
  await say(["mail"], remote2);
  expect(await run()).toMatchObject({ activations: 1 });
  for (const hosts of [
    ["web", "a"],
    ["web", "a", "b"],
  ]) {
    core.nowMs += 10_000;
    await say(hosts);
    expect(await run()).toMatchObject({ activations: 0 });
  }
  expect(core.reloads).toBe(1);
  core.nowMs += laterMs;
  expect(await run()).toMatchObject({ activations: 1 });
  expect([...core.loaded].toSorted()).toEqual(["a", "b", "central", "mail", "web"]);
  expect(core.reloads).toBe(2);
});

describe("a first configuration", () => {
  beforeEach(() => open({ remote1: {}, remote2: approved }));

  test("waits for the operator's approval, said once; its states wait too, and others go on", async () => {
    await say(["web"]);
    await say(["mail"], remote2);
    const waiting = { awaitingApproval: 1, waitingForConfiguration: 1 };
    expect(await run()).toMatchObject({ ...waiting, activations: 1, results: 1 });
    core.nowMs += laterMs;
    expect(await run()).toMatchObject({ ...waiting, activations: 0 });
    const waits = async () =>
      receiverWaits(await loadLastRun({ files: core.files }, `${centre.path}/receiver`));
    expect(await waits()).toEqual([
      expect.stringMatching(/^1 object of the sites .* hasn't loaded/),
    ]);
    expect(said.filter(({ message }) => message.includes("config approve remote1"))).toHaveLength(
      1,
    );
    await approve(core.files, centreSettings(), remote1);
    expect(await run()).toMatchObject({ awaitingApproval: 0, activations: 1, results: 1 });
    expect(await waits()).toEqual([]);
    expect([...core.loaded].toSorted()).toEqual(["central", "mail", "web"]);
  });

  test("is of what has come: before that nothing is approved", async () => {
    await open({ remote1: {}, remote2: approved });
    await run();
    await expect(approve(core.files, centreSettings(), remote1)).rejects.toMatchObject({
      code: "nothing-waits",
    });
    await say(["web"]);
    // Nothing is live and nothing may be: the core isn't reloaded for it, and needn't wait afterwards.
    expect(await run()).toMatchObject({ awaitingApproval: 1, activations: 0 });
    expect([core.checks, core.reloads]).toEqual([1, 0]);
    expect(await reloadableFrom(core.files, centreSettings(), core.nowMs)).toBe(0);
    expect(await approve(core.files, centreSettings(), remote1)).toBe(true);
    expect(await approve(core.files, centreSettings(), remote1)).toBe(false);
    expect(await run()).toMatchObject({ awaitingApproval: 0, activations: 1 });
    const reloadedMs = core.nowMs;
    expect([...core.loaded]).toEqual(["central", "web"]);
    expect(await reloadableFrom(core.files, centreSettings(), reloadedMs + 1)).toBe(
      reloadedMs + 60_000,
    );
    expect(await reloadableFrom(core.files, centreSettings(), reloadedMs + laterMs)).toBe(0);
    // Even the first objects can be taken back.
    await request(core.files, centreSettings(), "rollback");
    expect(await run()).toMatchObject({ failed: 0, heldAfterRollback: 1 });
    expect([...core.loaded]).toEqual(["central"]);
  });
});

describe("what the core's own check refuses", () => {
  test("keeps no other site waiting, is an alarm once, and comes when it is mended", async () => {
    await say(["web", "invalid"]);
    await say(["mail"], remote2);
    expect(await run()).toMatchObject({ activations: 1, failed: 1, results: 1 });
    expect([...core.loaded].toSorted()).toEqual(["central", "mail"]);
    expect(said.find(({ level }) => level === "error")).toMatchObject({
      fields: { site: "remote1", code: "activation-refused" },
    });
    core.nowMs += laterMs;
    const { checks } = core;
    expect(await run()).toMatchObject({ activations: 0, failed: 0 });
    expect([core.checks, errors().length]).toEqual([checks, 1]);
    await say(["web"]);
    expect(await run()).toMatchObject({ activations: 1, failed: 0 });
    expect([...core.loaded].toSorted()).toEqual(["central", "mail", "web"]);
  });

  test("a changed site stays as it was, with its groups and hosts", async () => {
    await say(["web"]);
    await run();
    core.nowMs += laterMs;
    await say(["web", "invalid"]);
    await say(["mail", "web"], remote2);
    await run();
    // The host is the first site's, though what is new of it isn't live.
    expect([...core.loaded].toSorted()).toEqual(["central", "web"]);
  });

  test("is tried again after a while: the fault may have been the centre's", async () => {
    await say(["web"]);
    core.ownHosts = ["central", "web"];
    expect(await run()).toMatchObject({ failed: 1 });
    core.ownHosts = ["central"];
    core.nowMs += 15 * 60_000;
    expect(await run()).toMatchObject({ activations: 1, failed: 0 });
  });

  test("a centre that doesn't load by itself is told apart from the sites", async () => {
    core.ownHosts = ["central", "invalid centre"];
    await say(["web"]);
    expect(await run()).toMatchObject({ activations: 0, failed: 1 });
    expect(errors()).toEqual(["Nothing goes live: the check fails even without what is new"]);
    expect(await run()).toMatchObject({ activations: 0, failed: 0 });
    core.ownHosts = ["central"];
    await core.start();
    expect(await run()).toMatchObject({ activations: 1, failed: 0 });
  });
});

describe("what passes the check and then fails", () => {
  test("a core that doesn't load all objects: back to the old ones, said once, states flow on", async () => {
    await say(["web"]);
    await run();
    core.nowMs += laterMs;
    await say(["web", "ignored"]);
    // The run doesn't wait for ever; the next one goes on.
    expect(await run()).toMatchObject({ activations: 0, failed: 0 });
    core.nowMs += 31_000;
    expect(await run()).toMatchObject({ activations: 0, failed: 1 });
    expect([...core.loaded]).toEqual(["central", "web"]);
    expect(errors()).toHaveLength(1);
    const { reloads } = core;
    core.nowMs += laterMs;
    expect(await run()).toMatchObject({ activations: 0, failed: 0 });
    expect(core.reloads).toBe(reloads);
    await say(["web", "new"]);
    expect(await run()).toMatchObject({ activations: 1, results: 1 });
  });

  test("a core that dies of it finds the old objects when somebody starts it", async () => {
    await say(["web"]);
    await run();
    core.nowMs += laterMs;
    await say(["web", "deadly"]);
    await run();
    core.nowMs += 31_000;
    await run();
    await core.start();
    expect(core.alive).toBe(true);
    expect([...core.loaded]).toEqual(["central", "web"]);
  });

  test("a slow core is waited for, over more than one run", async () => {
    core.slowMs = 15_000;
    await say(["web"]);
    expect(await run()).toMatchObject({ activations: 0, failed: 0, waitingForConfiguration: 1 });
    core.nowMs += 6_000;
    expect(await run()).toMatchObject({ failed: 0, results: 1 });
    expect(core.reloads).toBe(1);
  });
});

test("a core that doesn't run gets what was checked, and reads it when it starts", async () => {
  core.alive = false;
  await say(["web"]);
  expect(await run()).toMatchObject({ activations: 1, failed: 0, waitingForConfiguration: 1 });
  expect(core.reloads).toBe(0);
  await core.start();
  expect(await run()).toMatchObject({ results: 1 });
});

test("an operator goes back to what was before; nothing goes live until it is approved again", async () => {
  await say(["web"]);
  await run();
  core.nowMs += laterMs;
  await say(["web", "new"]);
  await run();
  await request(core.files, { spool: centre.path }, "rollback");
  await run();
  expect([...core.loaded]).toEqual(["central", "web"]);
  core.nowMs += laterMs;
  await say(["web", "newer"]);
  expect(await run()).toMatchObject({ activations: 0 });
  await request(core.files, { spool: centre.path }, "resume");
  expect(await run()).toMatchObject({ activations: 1 });
  expect([...core.loaded]).toEqual(["central", "web", "newer"]);
});

test("R40 a host of the centre's own stays the centre's", async () => {
  await say(["web", "central"]);
  expect(await run()).toMatchObject({ activations: 1 });
  expect([...core.loaded]).toEqual(["central", "web"]);
  expect(said.find(({ fields }) => "reason" in fields)).toMatchObject({
    fields: { object: "host central", reason: "is a host of the centre's own" },
  });
});

describe("killed at any step, the core finds a configuration that loads, and the next run goes on", () => {
  const before = ["central", "web"];
  const moments = ["before", "within", "after", "power cut"] as const;

  /** Runs with a death at each call, until it survives; returns how many deaths that were. */
  async function atEveryCall(
    moment: (typeof moments)[number],
    prepare: () => Promise<void>,
    after: readonly string[],
  ): Promise<number> {
    await open();
    await say(["web"]);
    await run();
    core.nowMs += laterMs;
    await prepare();
    disk.writeBack();
    const start = { disk: disk.clone(), loaded: core.loaded, nowMs: core.nowMs };
    for (let diesAt = 1; ; diesAt++) {
      disk.root = start.disk.clone().root;
      Object.assign(core, { loaded: start.loaded, nowMs: start.nowMs, alive: true });
      const fate: Fate = { diesAt, moment: moment === "power cut" ? "after" : moment, failing: 0 };
      life = new Life(fate, seededDice(diesAt));
      await centre.receive(memoryFiles(disk, core, life), core).catch(() => {});
      const isDead = life.dead;
      life = null;
      if (isDead && moment === "power cut") disk.powerCut(seededDice(diesAt));
      await core.start();
      expect(core.alive, `${diesAt}`).toBe(true);
      expect([before, after], `${diesAt}`).toContainEqual([...core.loaded].toSorted());
      // The operator's pipe of results is no part of this.
      for (let again = 0; again < 3; again++) {
        await run();
        core.nowMs += laterMs;
      }
      expect([...core.loaded].toSorted(), `${diesAt}`).toEqual(after);
      if (!isDead) return diesAt;
    }
  }

  test.each(moments)("%s, while a new host goes live", { timeout: 300_000 }, async (moment) => {
    const deaths = await atEveryCall(moment, () => say(["web", "new"]), ["central", "new", "web"]);
    expect(deaths).toBeGreaterThan(100);
  });

  test("while it is taken back", { timeout: 300_000 }, async () => {
    const prepare = async (): Promise<void> => {
      await say(["web", "ignored"]);
      await run();
      core.nowMs += 31_000;
    };
    const deaths = await atEveryCall("before", prepare, before);
    expect(deaths).toBeGreaterThan(50);
  });
});
