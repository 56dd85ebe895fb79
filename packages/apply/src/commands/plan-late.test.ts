// A core whose picture is older than what it was told last.

import { expect, test } from "vitest";
import type { CommandDialect } from "./command.ts";
import { encodeCommand } from "./encode.ts";
import { defaultMark } from "./mark.ts";
import { type CommandMemory, emptyMemory, noteSent } from "./memory.ts";
import { ModelCore } from "./model-core.ts";
import { planCommands } from "./plan.ts";
import { annotatedSite, hostAt, siteComment } from "./test-site.ts";

const web = hostAt("web");
const dialect: CommandDialect = { core: "nagios", way: "file" };
const carry = new Set(["acknowledgements"] as const);

test("of two comments of an acknowledgement one stays, though the site goes back to the one that was removed", () => {
  const core = new ModelCore(dialect, 1_795_000_000);
  core.know(web);
  core.result(web, 1);
  core.at(web).acknowledgement = 1;
  for (const text of ["seen", "in work"]) core.addComment(web, "joe (siteferry remote1)", text, 4);
  let memory: CommandMemory = emptyMemory;
  const cycle = (comment: string, view = core.view()): void => {
    const site = annotatedSite({
      standings: [{ at: web, state: 1, acknowledgement: 1 }],
      comments: [siteComment(web, { entry_type: 4, comment })],
    });
    const nowMs = core.now * 1000;
    const plan = planCommands(site, view, { dialect, carry, mark: defaultMark, memory, nowMs });
    memory = noteSent(plan.memory, plan.commands, nowMs);
    for (const { command } of plan.commands) core.execute(encodeCommand(command, dialect, nowMs));
    core.pass(10);
  };
  const late = core.view();
  cycle("in work");
  cycle("seen", late);
  cycle("seen");
  expect(core.at(web).acknowledgement).toBe(1);
  expect(core.comments.map(({ text }) => text)).toEqual(["seen"]);
});
