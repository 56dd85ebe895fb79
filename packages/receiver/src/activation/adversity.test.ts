// An activation while everything else goes wrong: the record, the clock, the core and the operator.

import { FerryError, type FileSystem, type Log } from "@siteferry/model";
import { MemoryDisk } from "@siteferry/testkit/simulation";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReceiveReport } from "../receive.ts";
import { type Centre, makeCentre, nowMs, remote2 } from "../test-centre.ts";
import { TestCore } from "./test-core.ts";
import { request } from "./words.ts";

let said: { readonly level: string; readonly message: string; readonly fields: object }[];
let centre: Centre;
let core: TestCore;
let sequence: number;

const log = Object.fromEntries(
  (["debug", "info", "warn", "error"] as const).map((level) => [
    level,
    (fields: object, message: string) => said.push({ level, message, fields }),
  ]),
) as unknown as Log;

const approved = { objects: { autoApprove: true } };
const laterMs = 61_000;

beforeEach(async () => {
  said = [];
  sequence = 0;
  const asked = {
    run: (command: readonly string[], timeoutMs: number) => core.run(command, timeoutMs),
    answers: () => core.answers(),
    command: () => core.command(),
    wait: (milliseconds: number) => core.wait(milliseconds),
  };
  centre = await makeCentre({ remote1: approved, remote2: approved }, new Set(), [], {
    core: asked,
    log,
    targets: (path) => [
      {
        objects: {
          dir: `${path}/core/objects`,
          core: "nagios",
          activate: { config: `${path}/core/nagios.cfg`, reloadEvery: "60s", timeout: "30s" },
        },
      },
    ],
  });
  core = new TestCore(new MemoryDisk(), centre.path, nowMs);
  for (const name of ["link", "receiver"]) {
    await core.files.makeDirectory(`${centre.path}/${name}`, 0o755);
  }
  await core.install();
  await say(["web"]);
  await run();
  core.nowMs += laterMs;
});

afterEach(() => centre[Symbol.asyncDispose]());

async function say(hosts: readonly string[], site?: typeof remote2): Promise<void> {
  const name = `${site ?? "remote1"}-${(sequence += 1)}.ferry`;
  const configuration = Object.fromEntries(hosts.map((host) => [host, 0]));
  const bytes = await centre.put("config", sequence, {
    configuration,
    name,
    ...(site && { site }),
  });
  await core.files.writeNew(`${centre.path}/link/${name}`, bytes, 0o644);
}

const run = async (files: FileSystem = core.files): Promise<ReceiveReport> =>
  await centre.receive(files, core);
const loaded = (): readonly string[] => [...core.loaded].toSorted();
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
