// States and custom variables as commands: what is sent, once, and what isn't.

import type { FileSystem } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { hostState, type Said, serviceState, siteComment } from "../test-annotated.ts";
import { openGround, said } from "./test-ground.ts";

test("the states too: one result for each check that ran, again for those that a new core lost", async () => {
  await using ground = await openGround({ carry: ["acknowledgements", "results"] });
  const { core, centre } = ground;
  core.objects.set("web", { state: -1 }).set("web\tdisk", { state: -1 });
  await ground.pass();
  const at = Math.floor(core.clockMs / 1000) - 60;
  const states = (last_check: number): Said => ({
    hosts: [
      hostState("web", { last_check, plugin_output: "UP" }),
      hostState("later", { last_check }),
    ],
    services: [
      serviceState("web", "disk", {
        last_check,
        state: 2,
        plugin_output: "FULL",
        long_plugin_output: "a\nb",
        acknowledged: 1,
        acknowledgement_type: 1,
      }),
    ],
    comments: [siteComment("web", "disk", { entry_type: 4, comment: "on it" })],
  });
  const results = [
    "PROCESS_HOST_CHECK_RESULT;web;0;UP|",
    String.raw`PROCESS_SERVICE_CHECK_RESULT;web;disk;2;FULL|\na\nb`,
  ];
  await centre.say("remote1", states(at));
  expect(await centre.receive()).toMatchObject({ results: 2, commands: 2, failed: 0 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 0, commands: 1 });
  await ground.pass();
  expect(core.commands.map((line) => line.split(";").slice(0, 3).join(";"))).toEqual([
    ...results.map((line) => line.split(";").slice(0, 3).join(";")),
    "ACKNOWLEDGE_SVC_PROBLEM;web;disk",
  ]);
  await centre.say("remote1", states(at));
  expect(await centre.receive()).toMatchObject({ results: 0, commands: 0 });
  core.objects.set("web\tdisk", { state: -1 });
  core.acknowledged.clear();
  Object.assign(core, { comments: [], programStart: core.programStart + 5 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 1 });
  await centre.say("remote1", states(at + 1));
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 2 });
});

test("a custom variable that the core has gets the site's value; others and a shell's signs don't", async () => {
  const keys = { carry: ["customVariables"], customVariables: ["ra*"] };
  await using ground = await openGround(keys);
  const { core, centre } = ground;
  core.objects.set("web", { state: 0, variables: { RACK: "a1", OTHER: "x", RANK: "1" } });
  await ground.pass();
  const custom_variables = [
    ["Rack", "b2"],
    ["RAIL", "not there"],
    ["RANK", "$(reboot)"],
    ["OTHER", "not wanted"],
  ] as const;
  const hosts = [{ name: "web", custom_variables }] as never;
  await centre.say("remote1", { ...said, configuration: { hosts } });
  const refused = { commandsRefused: 1 };
  expect(await centre.receive()).toMatchObject({ commands: 1, commandsWaiting: 1, ...refused });
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 1, ...refused });
  await ground.pass();
  expect(core.commands).toEqual(["CHANGE_CUSTOM_HOST_VAR;web;RACK;b2"]);
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0 });
});

test("on a full disk no result is sent that couldn't be recorded, and none twice", async () => {
  await using ground = await openGround({ carry: ["results"] });
  const { core, centre } = ground;
  let room = 0;
  const files: FileSystem = {
    ...nodeFiles,
    async writeNew(path, ...rest) {
      if (path.includes("remote1.applied") && (room -= 1) < 0) {
        throw Object.assign(new Error("full"), { code: "ENOSPC" });
      }
      await nodeFiles.writeNew(path, ...rest);
    },
  };
  const last_check = Math.floor(core.clockMs / 1000) - 60;
  await centre.say("remote1", { hosts: [hostState("web", { last_check, state: 1 })] });
  expect(await centre.receive(files)).toMatchObject({ results: 0, failed: 1 });
  await ground.pass();
  expect(core.commands).toEqual([]);
  // Room for what is recorded before, none for what is after: whether it went out the core shows.
  room = 1;
  await centre.receive(files);
  room = 1;
  await centre.receive(files);
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 0, failed: 0 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 0, commandsWaiting: 0, failed: 0 });
  expect(core.commands).toHaveLength(1);
});

test("a result that a crash kept from going out goes out when the core's picture is new, and only then", async () => {
  await using ground = await openGround({ carry: ["results"] });
  const { core, centre } = ground;
  const last_check = Math.floor(core.clockMs / 1000) - 60;
  await centre.say("remote1", { hosts: [hostState("web", { last_check, state: 1 })] });
  let saves = 0;
  const files: FileSystem = {
    ...nodeFiles,
    async writeNew(path, ...rest) {
      if (path.includes("remote1.applied") && (saves += 1) > 1) throw new Error("crashed");
      await nodeFiles.writeNew(path, ...rest);
    },
  };
  Object.assign(core, { room: 0, whenFull: "goes" });
  await centre.receive(files);
  core.room = Infinity;
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 0, commandsWaiting: 1 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ results: 1 });
});

test("results of a site whose clock is ahead have the centre's times", async () => {
  await using ground = await openGround({ carry: ["results"] });
  const { core, centre } = ground;
  const times: string[] = [];
  const { openCommandFile } = core.world;
  Object.assign(core.world, {
    async openCommandFile(path: string) {
      const file = (await openCommandFile(path))!;
      return {
        ...file,
        async write(piece: Uint8Array) {
          times.push(Buffer.from(piece).toString().slice(1, 11));
          return await file.write(piece);
        },
      };
    },
  });
  const now = Math.floor(core.clockMs / 1000);
  const ahead = 3_000;
  const arrivals = [{ createdMs: core.clockMs + ahead * 1000, keptMs: core.clockMs }];
  const hosts = [hostState("web", { last_check: now + ahead - 60, state: 1 })];
  await centre.say("remote1", { hosts, arrivals });
  expect(await centre.receive()).toMatchObject({ results: 1 });
  expect(times).toEqual([String(now - 60)]);
  await centre.say("remote1", { hosts, arrivals });
  expect(await centre.receive()).toMatchObject({ results: 0 });
});

test("of a silent site a command says that nothing is known, until its next bundle", async () => {
  const site = { whenSilent: "all", objects: { autoApprove: true } };
  await using ground = await openGround({ carry: ["results"] }, { remote1: site });
  const { core, centre } = ground;
  const last_check = Math.floor(core.clockMs / 1000) - 60;
  const speak = async (): Promise<void> => {
    const services = [
      serviceState("web", "disk", { last_check, state: 1, plugin_output: "FILLS" }),
    ];
    const arrivals = [{ createdMs: core.clockMs, keptMs: core.clockMs }];
    const hosts = [hostState("web", { last_check, plugin_output: "UP" })];
    await centre.say("remote1", { hosts, services, arrivals });
  };
  const told = async (): Promise<readonly string[]> => {
    const before = core.commands.length;
    for (let runs = 0; runs < 3; runs += 1) {
      expect(await centre.receive()).toMatchObject({ failed: 0 });
      await ground.pass();
    }
    return core.commands.slice(before).map((line) => line.split(";").slice(1, 5).join(";"));
  };
  await speak();
  const usual = ["web;0;UP", "web;disk;1;FILLS"];
  expect(await told()).toEqual(usual);
  await ground.pass(300);
  await centre.receive();
  await ground.pass(60);
  expect(await told()).toEqual([
    expect.stringMatching(/^web;2;no data from remote1 since /),
    expect.stringMatching(/^web;disk;3;UNKNOWN - no data from remote1 since /),
  ]);
  await speak();
  expect(await told()).toEqual(usual);
});
