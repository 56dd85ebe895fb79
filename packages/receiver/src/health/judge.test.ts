import { parseSiteId } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { type Expectations, judgeSite, type SiteFacts } from "./judge.ts";
import { numbersOf } from "./numbers.ts";
import { pluginOutput, pluginOutputOfAll, statusRecord, statusTable } from "./words.ts";

const nowMs = Date.UTC(2026, 10, 1, 12);
const expected: Expectations = {
  intervalMs: 60_000,
  warningAfter: 2,
  criticalAfter: 4,
  oneWay: false,
};
const well: SiteFacts = {
  site: parseSiteId("remote1")!,
  keptMs: nowMs - 42_000,
  createdMs: nowMs - 43_000,
  aheadSeconds: -1,
  outbox: { waiting: 0, oldest: 0 },
  counted: null,
  bundles: 0,
  bytes: 0,
  trafficOfDay: [],
  missed: 0,
  missedMs: 0,
  quarantined: [],
  awaitsApproval: false,
  removalHeld: false,
  rejected: null,
  refusedValues: [],
  refusedValueCount: 0,
};
const judge = (facts: Partial<SiteFacts>, more: Partial<Expectations> = {}) =>
  judgeSite({ ...well, ...facts }, { ...expected, ...more }, nowMs);
const refused = (agoMs: number) => [
  { id: "remote1/1", code: "signature-bad", message: "no\u001bgood", refusedMs: nowMs - agoMs },
];

describe("a site is", () => {
  test.each([
    ["well", {}, 0, "last bundle 42 s ago"],
    ["silent for long enough", { keptMs: nowMs - 121_000 }, 1, "no bundle for 2 min, made "],
    ["silent", { keptMs: nowMs - 99 * 86_400_000 }, 2, "no bundle for 99 d, made "],
    ["new", { keptMs: null }, 3, "no bundle has come yet"],
    ["refused", { quarantined: refused(60_000) }, 1, "1 refused: signature-bad"],
    ["refused long ago", { quarantined: refused(3_600_000) }, 0, "last bundle 42 s ago"],
    ["incomplete", { missed: 3, missedMs: nowMs - 1000 }, 1, "3 bundles are missing"],
    [
      "incomplete, as one was refused",
      { missed: 3, missedMs: nowMs - 1000, quarantined: refused(60_000) },
      1,
      "1 refused: signature-bad",
    ],
    ["whole again", { missed: 3, missedMs: nowMs - 3_600_000 }, 0, "last bundle"],
    [
      "heard by one link only",
      { outbox: { waiting: 2, oldest: nowMs - 400_000 } },
      1,
      "2 wait in its outbox for 6 min",
    ],
    ["busy", { outbox: { waiting: 2, oldest: nowMs - 100_000 } }, 0, "last bundle"],
    ["ahead", { aheadSeconds: 31 }, 1, "its clock is 31 s ahead"],
    ["waiting", { awaitsApproval: true }, 1, "siteferry config approve remote1"],
    ["shrinking", { removalHeld: true }, 1, "it removes many hosts"],
    ["not loaded", { rejected: "no such contact" }, 1, "the core refuses its new objects"],
  ] as const)("%s", (_, facts, state, words) => {
    const health = judge(facts);
    expect(health.state).toBe(state);
    expect(health.summary).toContain(words);
    expect(health.summary.includes("missing")).toBe(words.includes("missing"));
  });

  test("judged by its own interval; lost bundles are usual on a one-way link", () => {
    expect(judge({ keptMs: nowMs - 7_200_000 }, { intervalMs: 3_600_000 }).state).toBe(0);
    expect(judge({ missed: 3, missedMs: nowMs }, { oneWay: true }).state).toBe(0);
  });

  test("made long before it came: said, no trouble, and no clock that is still ahead", () => {
    const late = { createdMs: nowMs - 42_000 - 1_200_000 };
    expect(judge({ ...late, aheadSeconds: 180 })).toMatchObject({
      state: 0,
      details: ["Made 20 min before it came: a slow link, or the site's clock is behind"],
    });
    expect(judge(late, { intervalMs: 3_600_000 }).details).toEqual([]);
  });

  test("several things at once: the worst counts, and all are said", () => {
    const health = judge({ keptMs: nowMs - 500_000, awaitsApproval: true });
    expect(health.state).toBe(2);
    expect(health.summary).toMatch(/^no bundle for 8 min.*, its objects wait for/);
  });
});

test("of a site whose objects are all that is known of it that is said", () => {
  expect(judge({ keptMs: null, objectsStay: true })).toMatchObject({
    summary: "no bundle has come yet",
    details: ["No configuration of it is here: the core keeps the objects that it has of it"],
  });
});

test("a plugin's output: perf data, then what else there is to know, none of it raw", () => {
  const values = ['host web: alias holds "|": replaced'];
  const health = judge({
    quarantined: refused(60_000),
    refusedValues: values,
    refusedValueCount: 3,
  });
  expect(pluginOutput(health).split("\n")).toEqual([
    "SITEFERRY WARNING - remote1: 1 refused: signature-bad | age=42s;120;240;0 missed=0c quarantine=1;;;0 outbox=0;;;0 clock=-1s refused_values=3;;;0",
    "Refused 2026-11-01T11:59:00Z: signature-bad: no\\x1bgood",
    'host web: alias holds "¦": replaced',
    "and 2 more refused values",
  ]);
});

test("all sites at once: those that aren't well, by name", () => {
  const bad = judge({ site: parseSiteId("remote2")!, keptMs: null });
  const { state, text } = pluginOutputOfAll([judge({}), bad]);
  expect(state).toBe(3);
  expect(text.split("\n")).toEqual([
    "SITEFERRY UNKNOWN - 2 sites: look at remote2 | sites=2;;;0 warning=0;;;0 critical=0;;;0 unknown=1;;;0",
    "remote2: UNKNOWN: no bundle has come yet",
  ]);
});

test("the receiver's own troubles are a warning where all sites are well, and a line each", () => {
  const troubles = ["2 failures in its last run: a|b"];
  const { state, text } = pluginOutputOfAll([judge({})], troubles);
  expect(state).toBe(1);
  expect(text.split("\n")).toEqual([
    "SITEFERRY WARNING - 1 site: look at the receiver | sites=1;;;0 warning=0;;;0 critical=0;;;0 unknown=0;;;0",
    "receiver: WARNING: 2 failures in its last run: a¦b",
  ]);
  const views = [{ facts: well, expected, health: judge({}) }];
  for (const one of [views, []]) {
    expect(
      statusTable(one, nowMs, undefined, { troubles, waits: [], strangers: 1 })
        .split("\n")
        .slice(-2),
    ).toEqual([
      "The receiver: WARNING  2 failures in its last run: a¦b",
      "Refused: 1 file of no site that is configured: siteferry quarantine list",
    ]);
  }
});

test("a table for a terminal, with the numbers of each site", () => {
  const bad = { ...well, site: parseSiteId("remote2")!, keptMs: null, createdMs: null };
  const counted = { hosts: [20, 3, 1, 0], services: [90, 1, 2, 3, 4] };
  const slot = { fromMs: nowMs, bytes: 1_234_567, bundles: 9 };
  const good = {
    ...well,
    counted,
    trafficOfDay: [slot],
    refusedValues: ["host a|b"],
    refusedValueCount: 1,
  };
  const dumped = { hosts: [7], services: [30], isDump: true as const };
  const dump = { ...well, site: parseSiteId("cmk")!, counted: dumped };
  const views = [good, bad, dump].map((facts) => ({
    facts,
    expected,
    health: judgeSite(facts, expected, nowMs),
  }));
  expect(statusTable(views, nowMs).split("\n")).toEqual([
    "SITE     STATE    AGE   LAG  DOWN     PROBLEMS  LAST DAY      MISSING  REFUSED",
    "remote1  OK       42 s  1 s  4 of 24  6 of 100  1.23 MB in 9  0        0",
    "         1 value left out or replaced: siteferry config diff, or status --json",
    "remote2  UNKNOWN  -     -    -        -         0 B in 0      0        0        no bundle has come yet",
    "cmk      OK       42 s  1 s  ? of 7   ? of 30   0 B in 0      0        0",
  ]);
  expect(statusRecord(views[0]!, nowMs)).toMatchObject({ refusedValues: ["host a|b"] });
  expect(numbersOf(dump, nowMs)).toMatchObject({ hosts: { dumped: 7 }, services: { dumped: 30 } });
});
