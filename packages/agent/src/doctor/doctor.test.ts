import { FerryError } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import {
  certificateDates,
  type Check,
  checkFreeSpace,
  checkPrograms,
  checkSecretFile,
  checkSpoolUser,
  checkSpoolWorks,
  compareClocks,
  doctorReport,
  doctorStatus,
  examine,
  fail,
  type Finding,
  impatient,
  listFault,
  ok,
  warning,
} from "./index.ts";
import { pretendedCertificate, type PretendedEntry, pretendedProbes } from "./test-probes.ts";

const nowMs = 1_800_000_000_000;
const lineOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ verdict, what }) => `${verdict} ${what}`);
const directory: PretendedEntry = { kind: "directory", mode: 0o750 };
const never = { milliseconds: 5, wait: () => new Promise<void>(() => {}) };

describe("the spool", () => {
  const look = (entries: Record<string, PretendedEntry>) =>
    checkSpoolUser(pretendedProbes(entries), "/s/sender", "/s");
  test.each([
    ["of this user", { "/s": directory, "/s/sender": directory }, "ok /s/sender is ferry's"],
    ["not made yet", { "/s": directory }, "ok /s is ferry's"],
    ["of root", { "/s/sender": { ...directory, user: 0 } }, "fail /s/sender belongs to user0"],
    [
      "of another",
      { "/s": { ...directory, user: 3, denied: ["write"] } },
      "fail /s belongs to user3, and this runs",
    ],
    ["of a group", { "/s": { ...directory, user: 0 } }, "ok ferry may write in /s"],
    ["not there", {}, "fail /s isn't there"],
    [
      "not to be written",
      { "/s": { ...directory, denied: ["write"] } },
      "fail ferry may not write",
    ],
    [
      "closed",
      { "/s": { ...directory, user: 3, denied: ["enter"] } },
      "fail ferry may not enter /s",
    ],
    ["a file", { "/s": {} }, "fail /s is no directory"],
  ] as const)("%s", async (_what, entries, line) => {
    expect(lineOf(await look(entries))).toEqual([expect.stringContaining(line)]);
  });

  test("root, who may everything, makes nothing in another's spool", async () => {
    const root = { user: { id: 0, name: "root" } };
    const probes = pretendedProbes({ "/s": directory }, root);
    expect(lineOf(await checkSpoolUser(probes, "/s/sender", "/s"))).toEqual([
      "fail /s belongs to ferry, and this runs as root",
    ]);
    const own = pretendedProbes({ "/s": { ...directory, user: 0 } }, root);
    expect(lineOf(await checkSpoolUser(own, "/s/sender", "/s"))).toEqual(["ok /s is root's"]);
  });

  test("nobody is sent to root for what root left there", async () => {
    const left = { "/s": directory, "/s/sender": { ...directory, user: 0 } };
    expect(await look(left)).toMatchObject([{ todo: "As root: chown -R ferry /s/sender" }]);
    const closed = { "/s": { ...directory, user: 0, denied: ["enter"] as const } };
    expect(await look(closed)).toMatchObject([{ todo: "As root: chown ferry /s" }]);
    const others = { "/s": directory, "/s/sender": { ...directory, user: 3 } };
    const todo = /runuser -u user3 -- .* If ferry is right, as root: chown -R ferry \/s\/sender$/;
    expect(await look(others)).toMatchObject([{ todo: expect.stringMatching(todo) }]);
  });

  test("that doesn't sync, link or lock, or is two file systems", async () => {
    const entries = {
      "/s/sender": directory,
      "/s/sender/outbox": { ...directory, device: 2 },
    };
    const faults = (["sync", "link", "lock"] as const).map((step) => ({ step, reason: "EIO" }));
    const probes = pretendedProbes(entries, { tryDirectory: async () => faults });
    expect(lineOf(await checkSpoolWorks(probes, "/s/sender", "/s", ["tmp", "outbox"]))).toEqual([
      "fail /s/sender: sync fails: EIO",
      "fail /s/sender: link fails: EIO",
      "fail /s/sender: lock fails: EIO",
      "fail /s/sender/outbox is another file system than /s/sender",
    ]);
    const well = pretendedProbes({ "/s/sender": directory });
    expect((await checkSpoolWorks(well, "/s/sender", "/s", ["tmp"]))[0]!.verdict).toBe("ok");
  });

  test.each([
    [0.5, 0.5, "ok 50 % of the bytes"],
    [0.08, 0.5, "warning 8 % of the bytes"],
    [0.5, 0.01, "fail 1 % of the files (inodes)"],
  ])("with %f of the bytes and %f of the files free", async (bytes, files, line) => {
    const probes = pretendedProbes({ "/s": directory }, { space: async () => ({ bytes, files }) });
    expect(lineOf(await checkFreeSpace(probes, "/s"))[0]).toContain(line);
  });
});

test.each([
  ["well", {}, "ok /k: only its user may read it"],
  ["open", { mode: 0o640 }, "fail /k has mode 0640: others may read it"],
  ["of another", { user: 0, denied: ["read"] }, "fail /k belongs to user0"],
  ["a directory", { kind: "directory" }, "fail /k is no plain file"],
] as const)("a secret that is %s", async (_what, entry, line) => {
  const probes = pretendedProbes({ "/k": entry });
  expect(lineOf(await checkSecretFile(probes, "/k", "make it"))[0]).toContain(line);
  expect((await checkSecretFile(probes, "/none", "make it"))[0]).toMatchObject({
    verdict: "fail",
    todo: "make it",
  });
});

test("a list of keys that everybody may write is none to believe", async () => {
  const probes = pretendedProbes({ "/open": { mode: 0o646 }, "/list": { mode: 0o664 } });
  expect(lineOf(await listFault(probes, "/open"))[0]).toMatch(/^fail \/open can be written by/);
  expect(await listFault(probes, "/list")).toEqual([]);
  expect(await listFault(probes, "/none")).toEqual([]);
});

test.each([
  [-1, 100, "ok", "is valid until"],
  [-1, 3, "warning", "expires in 3 days"],
  [-9, -1, "fail", "expired on"],
  [1, 9, "fail", "is valid from"],
] as const)("a certificate from day %i to day %i", (from, to, verdict, words) => {
  const certificate = pretendedCertificate(nowMs, from, to);
  const finding = certificateDates("central:443", certificate, nowMs, "renew it");
  expect(finding.verdict).toBe(verdict);
  expect(finding.what).toContain(words);
  expect(finding.what).not.toContain("\u001b");
});

test("clocks that differ, and nobody who tells the time", () => {
  const clock = (seconds: number) => ({
    where: "central",
    saidMs: nowMs,
    atMs: nowMs + seconds * 1000,
  });
  expect(lineOf(compareClocks([clock(2), clock(-60), clock(400)]))).toEqual([
    "ok this clock is 2 s ahead of that of central",
    "warning this clock is 60 s behind that of central",
    "fail this clock is 400 s ahead of that of central",
  ]);
  expect(compareClocks([])[0]!.verdict).toBe("skipped");
});

test("programs that aren't there, or not for cron", async () => {
  const where = { flock: "everywhere", cmk: "here", gone: "nowhere" } as const;
  const probes = pretendedProbes(
    {},
    { findProgram: async (name) => where[name as keyof typeof where] },
  );
  const programs = ["cmk", "gone"].map((name) => ({ name, key: "reload" }));
  expect(lineOf(await checkPrograms(probes, programs))).toEqual([
    "warning cmk, for reload, is found here, but not with cron's PATH, /usr/bin:/bin",
    "fail gone, for reload, isn't there",
  ]);
  expect(lineOf(await checkPrograms(probes, []))).toEqual([
    "ok flock: there, also with cron's PATH",
  ]);
});

test("a check that throws says why, one that hangs that it does, and the others are heard", async () => {
  const checks: readonly Check<null>[] = [
    { name: "one", run: async () => [ok("good")] },
    {
      name: "two",
      async run() {
        throw new FerryError("login-refused", "no\nway");
      },
    },
    { name: "three", run: () => new Promise(() => {}) },
  ];
  const findings = await examine(checks, null, {
    milliseconds: 5_000,
    wait: async () => {
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  expect(findings.map(({ check, verdict, what }) => `${check} ${verdict} ${what}`)).toEqual([
    "one ok good",
    "two fail no; way",
    "three fail no answer in 5 s",
  ]);
  expect(findings[1]!.todo).toContain("(siteferry explain login-refused)");
  expect(await examine(checks.slice(0, 1), null, never)).toHaveLength(1);
});

test("links get less time, and nothing else of them changes", () => {
  const settings = {
    http: { url: "x", timeout: 60_000 },
    list: [1],
    ssh: { jump: { timeout: 5 } },
  };
  expect(impatient(settings, 10)).toEqual({
    http: { url: "x", timeout: 10 },
    list: [1],
    ssh: { jump: { timeout: 5 } },
  });
});

test("the report has nothing raw in it, and its status is that of the worst line", () => {
  const named = (finding: Finding) => ({ check: "core", ...finding });
  const hostile = named(fail("\u001b[31mred\nline", "run\u0007this"));
  const report = doctorReport([named(ok("good")), hostile]);
  expect(report.split("\n")).toEqual([
    "OK       core  good",
    "FAIL     core  \\x1b[31mred\\x0aline",
    "               → run\\x07this",
    "",
    "1 failure, 0 warnings.",
  ]);
  expect(doctorReport([named(ok("good"))])).toMatch(/\nAll is well\.$/);
  expect(doctorStatus([named(ok(""))])).toBe(0);
  expect(doctorStatus([named(ok("")), named(warning("", ""))])).toBe(1);
  expect(doctorStatus([named(warning("", "")), hostile])).toBe(2);
});
