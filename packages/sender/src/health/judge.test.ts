import { parseSiteId } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import type { LinkFacts, SenderFacts } from "./facts.ts";
import { judgeSender, senderOutput } from "./judge.ts";

const nowMs = new Date("2026-11-02T12:00:30").getTime();
const settings = { site: parseSiteId("remote1")!, schedule: "* * * * *", deliver: "all" } as const;
const well: SenderFacts = {
  sealedMs: nowMs - 28_000,
  failure: null,
  waiting: 0,
  oldestMs: null,
  links: [],
};
const down = {
  code: "livestatus-unreachable",
  kind: "transient",
  message: "unix:/run/live: none",
  atMs: nowMs,
} as const;
const broken = { ...down, code: "internal-error", kind: "permanent" } as const;
const limits = { warning: 2, critical: 4 };
const link = (more: Partial<LinkFacts>): LinkFacts => ({
  name: "drop:/srv",
  failures: 0,
  sinceMs: null,
  refused: 0,
  untakeable: 0,
  problem: null,
  ...more,
});
const judge = (facts: Partial<SenderFacts>, more: object = {}) =>
  judgeSender({ ...well, ...facts }, { ...settings, ...more }, limits, nowMs);
const failing = (agoMs: number, name = "drop:/srv") =>
  link({ name, failures: 3, sinceMs: nowMs - agoMs });

describe("a sender is", () => {
  test.each([
    ["well", {}, 0, "last bundle sealed 28 s ago, nothing waits"],
    ["new", { sealedMs: null }, 3, "nothing was ever sealed"],
    ["late", { sealedMs: nowMs - 150_000 }, 1, "nothing sealed for 3 min"],
    ["silent", { sealedMs: nowMs - 99 * 86_400_000 }, 2, "nothing sealed for 99 d"],
    ["cut off", { sealedMs: nowMs - 150_000, failure: down }, 1, "3 min (livestatus-unreachable)"],
    ["never well", { sealedMs: null, failure: down }, 3, "sealed here (livestatus-unreachable)"],
    ["well but for one run", { failure: down }, 0, "last bundle sealed 28 s ago"],
    ["broken", { failure: broken }, 1, "the last run failed (internal-error)"],
    ["stuck at a line", { links: [failing(10_000)] }, 1, "drop:/srv fails for 10 s"],
    ["stuck for long", { links: [failing(300_000)] }, 2, "drop:/srv fails for 5 min"],
    ["refused", { links: [link({ refused: 2 })] }, 2, "the centre refuses 2 bundles"],
    [
      "refused once",
      { links: [link({ refused: 1 })] },
      2,
      "drop:/srv: the centre refuses 1 bundle",
    ],
    ["over a limit", { links: [link({ untakeable: 1 })] }, 2, "drop:/srv can't take 1 bundle"],
    [
      "both",
      { links: [link({ refused: 1, untakeable: 2 })] },
      2,
      "drop:/srv: the centre refuses 1 bundle, drop:/srv can't take 2 bundles",
    ],
    ["waiting", { waiting: 2, oldestMs: nowMs - 9000 }, 0, "2 wait"],
  ] as const)("%s", (_what, facts, state, words) => {
    const health = judge(facts);
    expect(health.summary).toContain(words);
    expect(health.state).toBe(state);
  });

  test("judged by its own schedule, and by the link that works where one is enough", () => {
    expect(judge({ sealedMs: nowMs - 7_000_000 }, { schedule: "0 * * * *" }).state).toBe(0);
    const links = [failing(3_600_000), link({ name: "other" })];
    expect(judge({ links }, { deliver: "first" }).state).toBe(1);
    expect(judge({ links }).state).toBe(2);
    expect(judge({ links: [failing(3_600_000)] }, { deliver: "first" }).state).toBe(2);
  });
});

test("a plugin's output: perf data, then the reasons, none of it raw", () => {
  const problem = { code: "link-timeout", message: "no\u001b|answer", atMs: nowMs };
  const health = judge({
    waiting: 1,
    failure: down,
    oldestMs: nowMs - 9000,
    links: [{ ...failing(9000), problem }],
  });
  expect(senderOutput(health).split("\n")).toEqual([
    "SITEFERRY WARNING - remote1: drop:/srv fails for 9 s | age=28s;120;240;0 waiting=1;;;0 oldest=9s;;;0 failing=1;;;0",
    "the last run failed: livestatus-unreachable: unix:/run/live: none",
    "drop:/srv: 3 failures, link-timeout: no\\x1b¦answer",
  ]);
});
