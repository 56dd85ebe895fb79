// States and custom variables as commands: what is sent, once, and what isn't.

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
