// A vendor's dump from the drop directory into Checkmk's own core: what is believed, what becomes live,
// what is piped, and what is left when it stops anywhere.

import { rm, writeFile } from "node:fs/promises";
import { dumpHash } from "@siteferry/bundle";
import type { FileSystem, SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { describe, expect, test, vi } from "vitest";
import { approve } from "./activation/words.ts";
import { loadSiteRecord } from "./mirror.ts";
import { releaseHeld } from "./quarantine.ts";
import { makeCmcCentre } from "./test-dumps.ts";

// Some tests run the receiver a hundred times.
vi.setConfig({ testTimeout: 120_000 });

const minute = 60_000;
const file = "siteferry-remote1.mk";

function config(...hosts: readonly string[]): string {
  return `shadow_hosts.update({${hosts.map((name) => `'${name}': {'alias': u'x'},`).join("\n")}})\n`;
}

function states(...hosts: readonly string[]): string {
  const lines = hosts.flatMap((host) => [
    `COMMAND [1793491200] UPDATE_SHADOW_HOST_STATE;${host};0;UP\n\n`,
    `COMMAND [1793491200] UPDATE_SHADOW_SERVICE_STATE;${host};Load;2;CRIT;x\n\n`,
  ]);
  return lines.join("");
}

test("configuration becomes a file written anew and is loaded, then states are piped", async () => {
  await using centre = await makeCmcCentre({ prefix: "p-" });
  await centre.put(1, { config: `# ours\n${config("web")}`, states: states("web") });
  const report = await centre.receive();
  expect(report).toMatchObject({ accepted: 1, refused: 0, failed: 0, cmcFiles: 1, cmcStates: 2 });
  const text = (await centre.mk())[file];
  expect(text).toMatch(/^# Written by siteferry.*\nshadow_hosts\.update\(\{\n {4}'p-web': /);
  expect(text).not.toContain("ours");
  expect(centre.core.loaded).toEqual({ [file]: text });
  expect(centre.core.commands).toEqual([
    "[1793491200] UPDATE_SHADOW_HOST_STATE;p-web;0;UP",
    "[1793491200] UPDATE_SHADOW_SERVICE_STATE;p-web;Load;2;CRIT;x",
  ]);

  const again = await centre.receive();
  expect(again).toMatchObject({ cmcFiles: 0, cmcStates: 0, cmcWaiting: 0, failed: 0 });
  expect(centre.core.reloads).toBe(1);
  expect(centre.core.commands).toHaveLength(2);
});

test("what a dump has is counted for the page; a part that is as it was changes nothing", async () => {
  await using centre = await makeCmcCentre();
  const text = config("web");
  const hash = dumpHash(text);
  const counted = async (): Promise<object> => {
    const spool = `${centre.path}/receiver`;
    return (await loadSiteRecord(nodeFiles, spool, "remote1" as SiteId))?.counted ?? {};
  };
  await centre.put(1, { config: text });
  await centre.receive();
  expect(await counted()).toEqual({});
  await centre.put(2, { states: states("web", "db"), hash });
  await centre.receive();
  const two = { hosts: [2], services: [2], isDump: true };
  expect(await counted()).toEqual(two);
  await centre.put(3, { hash });
  expect(await centre.receive()).toMatchObject({ accepted: 1 });
  expect(await counted()).toEqual(two);
});

test("the first dump waits for the operator's approval, which is said once; nothing of it is written", async () => {
  await using centre = await makeCmcCentre({ objects: { autoApprove: false } });
  await centre.put(1, { config: config("web"), states: states("web") });
  const waiting = { awaitingApproval: 1, cmcFiles: 0, cmcStates: 0, failed: 0 };
  expect(await centre.receive()).toMatchObject(waiting);
  expect(await centre.receive()).toMatchObject(waiting);
  expect([await centre.mk(), centre.core.commands]).toEqual([{}, []]);
  const said = centre.logged.filter(({ message }) => message.includes("config approve remote1"));
  expect(said).toHaveLength(1);
  await approve(nodeFiles, { spool: centre.path }, "remote1" as SiteId);
  expect(await centre.receive()).toMatchObject({ awaitingApproval: 0, cmcFiles: 1, cmcStates: 2 });
});

test("a part that didn't travel is as it was", async () => {
  await using centre = await makeCmcCentre();
  const hash = dumpHash(config("web"));
  await centre.put(1, { config: config("web"), states: states("web") });
  await centre.receive();
  await centre.put(2, { states: states("web"), hash });
  expect(await centre.receive()).toMatchObject({ accepted: 1, cmcFiles: 0, cmcStates: 2 });
  await centre.put(3, { hash });
  expect(await centre.receive()).toMatchObject({ accepted: 1, cmcFiles: 0, cmcStates: 0 });
  expect(Object.keys(await centre.mk())).toEqual([file]);
  expect(centre.core.reloads).toBe(1);
});

test("what somebody deleted in Checkmk's directory is written and loaded again", async () => {
  await using centre = await makeCmcCentre();
  await centre.put(1, { config: config("web") });
  await centre.receive();
  await nodeFiles.unlink(`${centre.path}/conf.d/siteferry/${file}`);
  centre.clockMs += minute;
  expect(await centre.receive()).toMatchObject({ cmcFiles: 1, cmcWaiting: 0 });
  expect(centre.core.reloads).toBe(2);
});

describe("a spool that was lost", () => {
  test("what is live stays, which is said once; what comes then needs no other approval", async () => {
    await using centre = await makeCmcCentre({ objects: { autoApprove: false } });
    await centre.put(1, { config: config("web") });
    await centre.receive();
    await approve(nodeFiles, { spool: centre.path }, "remote1" as SiteId);
    await centre.receive();
    const before = await centre.mk();
    expect(Object.keys(before)).toEqual([file]);
    await rm(`${centre.path}/receiver`, { recursive: true });
    for (let run = 0; run < 3; run++) {
      centre.clockMs += minute;
      const awaitingApproval = 0;
      expect(await centre.receive()).toMatchObject({ awaitingApproval, cmcWaiting: 0, failed: 0 });
      expect([await centre.mk(), centre.core.loaded]).toEqual([before, before]);
    }
    const said = centre.logged.filter(({ message }) => message.includes("its objects stay"));
    expect(said).toMatchObject([{ level: "warn" }]);
    centre.clockMs += minute;
    await centre.put(2, { config: config("web", "db") });
    expect(await centre.receive()).toMatchObject({ awaitingApproval: 0, cmcFiles: 1 });
    expect(centre.core.loaded[file]).toContain("db");
  });

  test("a site whose record is damaged keeps its file, and that is an error", async () => {
    await using centre = await makeCmcCentre();
    await centre.put(1, { config: config("web") });
    await centre.receive();
    const before = await centre.mk();
    const record = `${centre.path}/receiver/sites/remote1/record`;
    for (const path of [record, `${record}.previous`]) await writeFile(path, "nothing");
    centre.clockMs += minute;
    await centre.receive();
    expect(await centre.mk()).toEqual(before);
    expect(centre.logged.map(({ message }) => message)).toContain(
      "The objects of remote1 stay as they are",
    );
  });
});

describe("a dump that isn't believed", () => {
  const cases = [
    ["R63 code in the configuration", { config: "shadow_hosts.update({'a': exec('x')})\n" }],
    [
      "R64 another command among the states",
      { states: `${states("web")}COMMAND [1793491200] STOP\n` },
    ],
    ["R40 a foreign host in the configuration", { config: config("web", "db") }],
    ["R40 a foreign host among the states", { states: states("web", "db") }],
  ] as const;
  test.each(cases)("%s: nothing of it is applied", async (_name, dump) => {
    await using centre = await makeCmcCentre({ owns: ["web*"] });
    await centre.put(1, { config: config("web"), states: states("web"), ...dump });
    expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1, cmcStates: 0 });
    expect(centre.core).toMatchObject({ reloads: 0, commands: [] });
    await centre.put(2, { config: config("web"), states: states("web") });
    expect(await centre.receive()).toMatchObject({ accepted: 1, cmcStates: 2 });
  });

  test("with foreign hosts left out the rest is applied, and that is told", async () => {
    await using centre = await makeCmcCentre({ owns: ["web*"], foreignHosts: "leave-out" });
    await centre.put(1, { config: config("web", "db"), states: states("web", "db") });
    expect(await centre.receive()).toMatchObject({ accepted: 1, cmcStates: 2 });
    expect((await centre.mk())[file]).not.toContain("db");
    expect(centre.logged.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("1 hosts of remote1 are left out") as string,
    );
  });

  test("R54 many hosts missing at once are held until it is said again", async () => {
    await using centre = await makeCmcCentre();
    const many = Array.from({ length: 20 }, (_, index) => `web${index}`);
    await centre.put(1, { config: config(...many) });
    await centre.receive();
    await centre.put(2, { config: config("web1"), states: states("web1") });
    expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
    centre.clockMs += minute;
    await centre.put(3, { config: config("web1"), states: states("web1") });
    expect(await centre.receive()).toMatchObject({ accepted: 1, cmcFiles: 1 });
  });
});

test("a held configuration that is approved after newer states goes live without them", async () => {
  await using centre = await makeCmcCentre();
  const many = Array.from({ length: 20 }, (_, index) => `web${index}`);
  await centre.put(1, { config: config(...many), states: states(...many) });
  await centre.receive();
  centre.clockMs += minute;
  await centre.put(2, { config: config("web1"), states: states("web1") });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
  centre.clockMs += minute;
  const newest = states("web1", "web2");
  await centre.put(3, { states: newest, hash: dumpHash(config("web1")) });
  expect(await centre.receive()).toMatchObject({ accepted: 1, cmcStates: 4 });

  const record = async () =>
    (await loadSiteRecord(nodeFiles, `${centre.path}/receiver`, "remote1" as SiteId))!;
  const before = await record();
  expect(before).toMatchObject({ held: { sequence: 2 }, mark: { missed: 1 } });
  expect(await releaseHeld(nodeFiles, { spool: centre.path }, "remote1" as SiteId)).toBe(1);
  centre.clockMs += minute;
  // The core may know more hosts now: the newest states once more.
  const done = { accepted: 1, late: 0, cmcFiles: 1, cmcStates: 4, cmcWaiting: 0 };
  expect(await centre.receive()).toMatchObject(done);
  expect((await centre.mk())[file]?.match(/web\d+/g)).toEqual(["web1"]);
  const dump = { config: { sequence: 2 }, states: { sequence: 3 } };
  const mark = { sequence: 3, missed: 0 };
  expect(await record()).toMatchObject({ held: null, dump, mark, counted: before.counted });
});

describe("a configuration that the core doesn't load", () => {
  test("the one before comes back, one alarm, and no second try for a quarter of an hour", async () => {
    await using centre = await makeCmcCentre();
    await centre.put(1, { config: config("web") });
    await centre.receive();
    const before = await centre.mk();
    centre.core.refuses = (files) => files[file]?.includes("bad") === true;
    centre.clockMs += minute;
    await centre.put(2, { config: config("web", "bad"), states: states("web") });
    expect(await centre.receive()).toMatchObject({ failed: 1, cmcWaiting: 1, cmcStates: 2 });
    expect(await centre.mk()).toEqual(before);
    expect(centre.core).toMatchObject({ reloads: 3, loaded: before });
    for (let minutes = 1; minutes < 15; minutes++) {
      centre.clockMs += minute;
      expect(await centre.receive()).toMatchObject({ failed: 0, cmcWaiting: 1, cmcFiles: 0 });
    }
    expect(centre.core.reloads).toBe(3);
    expect(centre.logged.filter(({ level }) => level === "error")).toHaveLength(1);
    centre.core.refuses = () => false;
    centre.clockMs += minute;
    expect(await centre.receive()).toMatchObject({ failed: 0, cmcWaiting: 0, cmcFiles: 1 });
    expect(centre.core.loaded[file]).toContain("bad");
  });

  test("another content is tried at once", async () => {
    await using centre = await makeCmcCentre();
    centre.core.refuses = (files) => files[file]?.includes("bad") === true;
    await centre.put(1, { config: config("bad") });
    expect(await centre.receive()).toMatchObject({ failed: 1, cmcWaiting: 1 });
    expect(await centre.mk()).toEqual({});
    centre.clockMs += minute;
    await centre.put(2, { config: config("good") });
    expect(await centre.receive()).toMatchObject({ failed: 0, cmcWaiting: 0 });
    expect(centre.core.loaded[file]).toContain("good");
  });

  test("the command runs at most as often as reloadEvery says", async () => {
    await using centre = await makeCmcCentre({}, { reloadEvery: "10m" });
    await centre.put(1, { config: config("web") });
    await centre.receive();
    await centre.put(2, { config: config("web", "db") });
    expect(await centre.receive()).toMatchObject({ cmcWaiting: 1, cmcFiles: 0, failed: 0 });
    centre.clockMs += 10 * minute;
    expect(await centre.receive()).toMatchObject({ cmcWaiting: 0, cmcFiles: 1 });
  });

  test("without a command files are written, and somebody else loads them", async () => {
    await using centre = await makeCmcCentre({}, { reload: [] });
    await centre.put(1, { config: config("web") });
    expect(await centre.receive()).toMatchObject({ cmcFiles: 1, cmcWaiting: 0 });
    expect(centre.core.reloads).toBe(0);
  });
});

describe("states", () => {
  test("wait for a core that doesn't listen", async () => {
    await using centre = await makeCmcCentre();
    await centre.put(1, { states: states("web") });
    centre.core.listens = false;
    for (let run = 0; run < 5; run++) expect(await centre.receive()).toMatchObject({ failed: 1 });
    centre.core.listens = true;
    expect(await centre.receive()).toMatchObject({ failed: 0, cmcStates: 2 });
  });

  test("that broke off are piped once more, and no third time", async () => {
    await using centre = await makeCmcCentre();
    await centre.put(1, { states: states("web") });
    centre.core.breaksAfter = 1;
    expect(await centre.receive()).toMatchObject({ failed: 1 });
    expect(await centre.receive()).toMatchObject({ failed: 1 });
    expect(await centre.receive()).toMatchObject({ failed: 0, cmcStates: 0 });
    expect(centre.core.commands).toHaveLength(2);
    expect(centre.logged.at(-1)).toMatchObject({ level: "warn" });
    centre.core.breaksAfter = Infinity;
    await centre.put(2, { states: states("web") });
    expect(await centre.receive()).toMatchObject({ failed: 0, cmcStates: 2 });
  });

  test("are piped again for a new configuration: the core may know more hosts now", async () => {
    await using centre = await makeCmcCentre();
    await centre.put(1, { states: states("web") });
    await centre.receive();
    await centre.put(2, { config: config("web") });
    expect(await centre.receive()).toMatchObject({ cmcStates: 2 });
    expect(centre.core.commands).toHaveLength(4);
  });

  test("are piped again when the hosts are called otherwise, though no configuration has them", async () => {
    await using centre = await makeCmcCentre();
    await centre.put(1, { states: states("web") });
    await centre.receive();
    Object.assign(centre.settings.sites["remote1" as SiteId]!, { prefix: "p-" });
    expect(await centre.receive()).toMatchObject({ cmcStates: 2 });
    expect(centre.core.commands[2]).toContain(";p-web;0;UP");
    expect(await centre.receive()).toMatchObject({ cmcStates: 0 });
  });
});

/** Stops at the operation of this number, as a process that is killed does. */
function mortal(operations: number): { files: FileSystem; died(): boolean } {
  let left = operations;
  const files = Object.fromEntries(
    Object.entries(nodeFiles).map(([name, operation]) => [
      name,
      async (...parameters: unknown[]) => {
        left -= 1;
        if (left < 0) throw new Error("killed");
        return await (operation as (...all: unknown[]) => Promise<unknown>)(...parameters);
      },
    ]),
  ) as unknown as FileSystem;
  return { files, died: () => left < 0 };
}

// Every second operation: all of them take a minute.
describe.each([
  ["one that loads", false],
  ["one that doesn't load", true],
])("killed at each operation, with a new configuration, %s", (_name, isBad) => {
  test("the next runs converge, and states are piped at most once more", async () => {
    for (let operations = isBad ? 1 : 0; ; operations += 2) {
      await using centre = await makeCmcCentre();
      await centre.put(1, { config: config("web") });
      await centre.receive();
      const before = await centre.mk();
      centre.clockMs += minute;
      if (isBad) centre.core.refuses = (files) => files[file]?.includes("bad") === true;
      await centre.put(2, { config: config("web", "bad"), states: states("web") });
      const { files, died } = mortal(operations);
      await centre.receive(files).catch(() => null);
      for (let run = 0; run < 3; run++) {
        centre.clockMs += minute;
        await centre.receive();
      }
      const there = await centre.mk();
      expect(there, `${operations}`).toEqual(centre.core.loaded);
      const isNew = there[file]?.includes("bad") === true;
      expect(isNew ? "new" : there, `${operations}`).toEqual(isBad ? before : "new");
      // Two, again after a crash, and both again if another configuration was loaded in between.
      const { length } = centre.core.commands;
      expect(died() ? [2, 4, 6, 8] : [2], `${operations}`).toContain(length);
      if (!died()) return;
    }
  });
});
