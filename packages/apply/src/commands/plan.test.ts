import { limits } from "@siteferry/model";
import { describe, expect, test } from "vitest";

import type { CommandDialect } from "./command.ts";
import { encodeCommand } from "./encode.ts";
import { defaultMark } from "./mark.ts";
import { type CommandMemory, emptyMemory, noteSent } from "./memory.ts";
import { ModelCore } from "./model-core.ts";
import { type Annotation, planCommands, type PlanOptions } from "./plan.ts";
import {
  annotatedSite,
  hostAt,
  serviceAt,
  siteComment,
  siteDowntime,
  type TestSite,
} from "./test-site.ts";

const start = 1_795_000_000;
const web = hostAt("web");
const http = serviceAt("web", "http");
const all: ReadonlySet<Annotation> = new Set(["acknowledgements", "downtimes", "comments"]);
const nagios: CommandDialect = { core: "nagios", way: "file" };
const icinga2: CommandDialect = { core: "icinga2", way: "socket" };
const own = "joe (siteferry remote1)";

/** A centre, and cycles a minute apart in which nothing is lost. */
function centre(dialect: CommandDialect = nagios) {
  const core = new ModelCore(dialect, start);
  for (const at of [web, http]) core.know(at);
  let memory: CommandMemory = emptyMemory;
  const optionsOf = (carry: ReadonlySet<Annotation>): PlanOptions => {
    return { dialect, carry, mark: defaultMark, memory, nowMs: core.now * 1000 };
  };
  const plan = (site: TestSite, carry = all, view = core.view()) =>
    planCommands(annotatedSite(site), view, optionsOf(carry));
  /** The lines, without their brackets. */
  const cycle = (site: TestSite, arrives = true) => {
    const { commands, counts, memory: after } = plan(site);
    memory = noteSent(after, commands, core.now * 1000);
    const lines = commands.map(({ command }) => encodeCommand(command, dialect, core.now * 1000));
    if (arrives) for (const line of lines) core.execute(line);
    core.pass(60);
    return { lines: lines.map((line) => line.slice("[1234567890] ".length)), counts };
  };
  return { core, plan, cycle, optionsOf };
}

const acknowledged = (text: string, acknowledgement = 1) => ({
  standings: [{ at: web, state: 1, acknowledgement }],
  comments: [siteComment(web, { entry_type: 4, comment: text })],
});

describe("an acknowledgement", () => {
  test("comes, changes its text and kind, and goes", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    expect(cycle(acknowledged("seen")).lines).toEqual([
      `ACKNOWLEDGE_HOST_PROBLEM;web;1;0;0;${own};seen`,
    ]);
    expect(cycle(acknowledged("seen")).lines).toEqual([]);
    expect(cycle(acknowledged("in work")).lines).toEqual([
      "REMOVE_HOST_ACKNOWLEDGEMENT;web",
      `ACKNOWLEDGE_HOST_PROBLEM;web;1;0;0;${own};in work`,
    ]);
    expect(cycle(acknowledged("in work", 2)).lines).toHaveLength(2);
    expect(cycle(acknowledged("in work", 2)).lines).toEqual([]);
    expect(cycle({}).lines).toEqual(["REMOVE_HOST_ACKNOWLEDGEMENT;web"]);
    expect(core.comments).toEqual([]);
    expect(core.at(web).acknowledgement).toBe(0);
  });

  test("R41 waits for the problem and for the object, as a name might be another host's address", () => {
    const { core, cycle } = centre();
    expect(cycle(acknowledged("seen"))).toMatchObject({
      lines: [],
      counts: { waitingForProblem: 1 },
    });
    const unknown = hostAt("db");
    expect(
      cycle({ standings: [{ at: unknown, state: 1, acknowledgement: 1 }] }).counts.waitingForObject,
    ).toBe(1);
    core.result(web, 1);
    expect(cycle(acknowledged("seen")).lines).toHaveLength(1);
  });

  test("without a comment at the site has one at the centre", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    const site = { standings: [{ at: web, state: 1, acknowledgement: 2 }] };
    expect(cycle(site).lines).toEqual([
      "ACKNOWLEDGE_HOST_PROBLEM;web;2;0;0;? (siteferry remote1);-",
    ]);
    expect(cycle(site).lines).toEqual([]);
  });

  test("has the text of the latest one, not of one that was left behind", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    const site = acknowledged("now");
    const old = siteComment(web, { id: 9, entry_type: 4, comment: "old", entry_time: 5 });
    expect(cycle({ ...site, comments: [...site.comments, old] }).lines.join()).toContain(";now");
  });

  test("of an operator at the centre is neither doubled nor removed", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    core.at(web).acknowledgement = 2;
    core.addComment(web, "anne", "mine", 4);
    expect(cycle(acknowledged("seen"))).toMatchObject({ lines: [], counts: { operators: 1 } });
    expect(cycle({}).lines).toEqual([]);
  });

  test("of an operator over the site's own stays when the site's goes", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    cycle(acknowledged("seen"));
    core.addComment(web, "anne", "mine too", 4);
    expect(cycle(acknowledged("seen")).lines).toEqual([]);
    expect(cycle({}).lines).toEqual(["DEL_HOST_COMMENT;1"]);
    expect(core.at(web).acknowledgement).toBe(1);
  });

  test("goes although an operator's persistent comment of an earlier one lies there", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    core.addComment(web, "anne", "last week", 4, 1, start - 1000);
    cycle(acknowledged("seen"));
    expect(cycle({}).lines).toEqual(["REMOVE_HOST_ACKNOWLEDGEMENT;web"]);
  });

  test("that a new state at the centre took away comes again", () => {
    const { core, cycle } = centre();
    core.result(http, 1);
    const site = { standings: [{ at: http, state: 2, acknowledgement: 1 }] };
    cycle(site);
    core.result(http, 2);
    expect(cycle(site).lines).toHaveLength(1);
    expect(core.comments).toHaveLength(1);
  });

  test("doubled by a command that was lost half loses the older comment", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    cycle(acknowledged("seen"));
    core.addComment(web, own, "in work", 4);
    expect(cycle(acknowledged("in work")).lines).toEqual(["DEL_HOST_COMMENT;1"]);
  });
});

describe("comments", () => {
  test("equal texts twice are two, and one of them goes", () => {
    const { core, cycle } = centre();
    const two = [siteComment(web, { id: 1 }), siteComment(web, { id: 2 })];
    expect(cycle({ comments: two }).lines).toHaveLength(2);
    expect(cycle({ comments: two })).toMatchObject({ lines: [], counts: { unchanged: 2 } });
    expect(cycle({ comments: two.slice(1) }).lines).toEqual(["DEL_HOST_COMMENT;2"]);
    expect(core.comments.map(({ id }) => id)).toEqual([1]);
  });

  test("of equal ones the right one goes", () => {
    const { core, cycle } = centre();
    const old = siteComment(http, { entry_time: start - 500 });
    const young = siteComment(http, { entry_time: start - 100 });
    cycle({ comments: [young, old] });
    cycle({ comments: [young] });
    expect(core.comments.map(({ entryTime }) => entryTime)).toEqual([start - 100]);
  });

  test("that is wanted again while it is being removed is added at once", () => {
    const { core, cycle, plan } = centre();
    const site = { comments: [siteComment(web)] };
    cycle(site);
    const there = core.view();
    cycle({});
    const kinds = plan(site, all, there).commands.map(({ command }) => command.kind);
    expect(kinds).toEqual(["add-comment"]);
  });

  test("an operator's equal one is an operator's", () => {
    const { core, cycle } = centre();
    core.addComment(web, "joe", "text", 1);
    cycle({ comments: [siteComment(web)] });
    cycle({});
    expect(core.comments.map(({ author }) => author)).toEqual(["joe"]);
  });

  test("those that a core makes for downtimes, flapping and acknowledgements aren't people's", () => {
    const { core, cycle } = centre();
    const made = [2, 3, 4].map((entry_type) => siteComment(web, { entry_type }));
    expect(cycle({ comments: made }).lines).toEqual([]);
    core.addComment(web, own, "for a downtime", 2);
    expect(cycle({}).lines).toEqual([]);
  });

  test("on a host that isn't the site's are left out", () => {
    const { core, cycle } = centre();
    core.know(hostAt("xweb"));
    expect(cycle({ comments: [siteComment(hostAt("xweb"))] })).toMatchObject({
      lines: [],
      counts: { foreign: 1 },
    });
  });

  test("more than a site may have are the oldest ones, whatever their order", () => {
    const { plan } = centre();
    const comments = Array.from({ length: limits.annotationsPerSiteMax + 2 }, (_, index) =>
      siteComment(web, { id: index, comment: `${index}`, entry_time: start - index }),
    );
    const { commands, counts, refusals } = plan({ comments });
    expect(counts).toMatchObject({ commands: limits.annotationsPerSiteMax, refused: 2 });
    expect(refusals).toHaveLength(1);
    const texts = commands.map(({ command }) => "text" in command && command.text);
    expect(texts).not.toContain("0");
    expect(texts).not.toContain("1");
    expect(texts).toContain("2");
  });

  test("R43 R45 R46 whatever they say, they are said once", () => {
    const texts = [
      ";a",
      "a;b",
      "a\nb",
      "C:\\new",
      "\\",
      " a ",
      "",
      "🚀",
      "a|b",
      "x".repeat(70_000),
    ];
    const comments = texts.map((comment) => siteComment(web, { comment, author: comment }));
    const dialects: CommandDialect[] = [
      nagios,
      icinga2,
      { core: "naemon", way: "socket" },
      { core: "naemon", way: "file" },
      { core: "cmc", way: "socket" },
    ];
    for (const dialect of dialects) {
      const { cycle } = centre(dialect);
      const downtimes = texts.map((comment) => siteDowntime(http, { comment }));
      const first = cycle({ comments, downtimes });
      expect(first.lines).toHaveLength(2 * texts.length);
      expect(cycle({ comments, downtimes }).lines).toEqual([]);
    }
  });
});

describe("downtimes", () => {
  test("come, and go by their ids", () => {
    const { core, cycle } = centre();
    const downtimes = [
      siteDowntime(web, { fixed: 1, duration: 5 }),
      siteDowntime(http, { fixed: 0, duration: 600, author: "kim" }),
    ];
    expect(cycle({ downtimes }).lines).toEqual([
      `SCHEDULE_HOST_DOWNTIME;web;1700000000;1900000000;1;0;200000000;${own};text`,
      "SCHEDULE_SVC_DOWNTIME;web;http;1700000000;1900000000;0;0;600;kim (siteferry remote1);text",
    ]);
    expect(core.downtimes.map(({ entryTime }) => entryTime)).toEqual([
      1_700_000_000, 1_700_000_000,
    ]);
    expect(cycle({ downtimes }).lines).toEqual([]);
    expect(cycle({}).lines).toEqual(["DEL_HOST_DOWNTIME;1", "DEL_SVC_DOWNTIME;2"]);
  });

  test("that are over aren't wanted, and aren't taken away", () => {
    const { core, cycle, plan } = centre();
    const downtimes = [siteDowntime(web, { end_time: start + 90 })];
    cycle({ downtimes });
    const before = core.view();
    core.now += 60;
    expect(plan({}, all, before).commands).toEqual([]);
    core.pass(0);
    expect(cycle({ downtimes })).toMatchObject({ lines: [], counts: { ended: 1 } });
  });

  test("that are triggered wait for their trigger, and name it as the centre does", () => {
    const { core, cycle } = centre();
    const trigger = siteDowntime(web, { id: 70 });
    const triggered = siteDowntime(http, { id: 71, triggered_by: 70, fixed: 0, duration: 60 });
    const downtimes = [triggered, trigger];
    const said = { author: "anne", text: "", entryTime: start };
    const times = { startTime: start, endTime: start * 2, duration: 0 };
    core.addDowntime({ ...web, ...said, ...times, fixed: 1, triggeredBy: 0 });
    expect(cycle({ downtimes })).toMatchObject({ counts: { waitingForTrigger: 1, commands: 1 } });
    expect(cycle({ downtimes }).lines.join()).toContain(";0;2;60;");
    expect(core.downtimes.at(-1)?.triggeredBy).toBe(2);
    expect(cycle({ downtimes }).lines).toEqual([]);
  });

  test("whose trigger the site has no more, or that name themselves, stand alone", () => {
    const { cycle } = centre();
    const downtimes = [
      siteDowntime(web, { id: 1, triggered_by: 99 }),
      siteDowntime(http, { id: 2, triggered_by: 2 }),
    ];
    expect(cycle({ downtimes }).counts).toMatchObject({ commands: 2, waitingForTrigger: 0 });
  });

  test("whose trigger never comes stand alone: it is over, of no object here, refused, or in a ring", () => {
    const { core, cycle } = centre();
    const triggers = [
      siteDowntime(web, { id: 1, end_time: start }),
      siteDowntime(hostAt("new"), { id: 2 }),
      siteDowntime(web, { id: 3, fixed: 0, duration: 0 }),
      siteDowntime(web, { id: 4, triggered_by: 5, comment: "ring" }),
      siteDowntime(web, { id: 5, triggered_by: 4 }),
    ];
    const downtimes = triggers.flatMap((trigger) => [
      trigger,
      siteDowntime(http, { id: trigger.id + 10, triggered_by: trigger.id, comment: "triggered" }),
    ]);
    for (let minute = 0; minute < 4; minute++) cycle({ downtimes });
    expect(cycle({ downtimes }).counts).toMatchObject({ commands: 0, waitingForTrigger: 0 });
    expect(core.downtimes.filter(({ text }) => text === "triggered")).toHaveLength(5);
    expect(core.downtimes).toHaveLength(7);
  });

  test("that no core takes are refused and said why", () => {
    const { plan } = centre();
    const { commands, counts, refusals } = plan({
      downtimes: [
        siteDowntime(web, { fixed: 0, duration: 0 }),
        siteDowntime(web, { start_time: 2e9 }),
      ],
    });
    expect(commands).toEqual([]);
    expect(counts.refused).toBe(2);
    expect(refusals).toHaveLength(2);
  });
});

test("a sender that doesn't tell of annotations changes nothing", () => {
  const { core, cycle, plan, optionsOf } = centre();
  cycle({ comments: [siteComment(web)] });
  const site = annotatedSite({});
  const silent = { ...site, states: { ...site.states, annotations: null } };
  expect(planCommands(silent, core.view(), optionsOf(all)).commands).toEqual([]);
  expect(plan({}).commands).toHaveLength(1);
});

test("what isn't carried is left alone", () => {
  const { core, plan } = centre();
  core.result(web, 1);
  const site = {
    ...acknowledged("seen"),
    downtimes: [siteDowntime(web)],
  };
  for (const one of all) {
    const kinds = plan(site, new Set([one])).commands.map(({ command }) => command.kind);
    expect(kinds).toEqual(
      one === "comments" ? [] : [one === "downtimes" ? "schedule-downtime" : "acknowledge"],
    );
  }
});

describe("a command that isn't seen", () => {
  const site = { comments: [siteComment(web)] };

  test("isn't sent again while the picture is older than it", () => {
    const { core, cycle, plan } = centre();
    const before = core.view();
    cycle(site);
    expect(plan(site, all, before)).toMatchObject({ commands: [], counts: { underWay: 1 } });
    expect(plan(site)).toMatchObject({ commands: [], counts: { unchanged: 1 } });
    const there = core.view();
    cycle({});
    expect(plan({}, all, there)).toMatchObject({ commands: [], counts: { underWay: 1 } });
  });

  test("is sent again, then seldom, and said", () => {
    const { core, cycle } = centre();
    let sent = 0;
    for (let minute = 0; minute < 24 * 60; minute++) sent += cycle(site, false).lines.length;
    expect(sent).toBeGreaterThan(6);
    expect(sent).toBeLessThan(16);
    expect(cycle(site, false).counts.unseen).toBe(1);
    core.pass(24 * 3600);
    expect(cycle(site).lines).toHaveLength(1);
    expect(cycle(site).lines).toEqual([]);
  });

  test("of a core that stores another thing doesn't go round for ever", () => {
    const { core, cycle } = centre();
    core.result(web, 1);
    let sent = 0;
    for (let minute = 0; minute < 24 * 60; minute++) {
      sent += cycle({ ...acknowledged("seen"), downtimes: [siteDowntime(web)] }).lines.length;
      for (const thing of core.comments) thing.text = `${thing.text}!`;
      for (const thing of core.downtimes) thing.text = "another";
    }
    // Each try is one to add and one to remove.
    expect(sent).toBeLessThan(80);
  });
});
