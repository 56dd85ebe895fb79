// Each check on a sender that is well, and on one of which just that thing is broken.

import { createHash } from "node:crypto";
import type { PretendedEntry } from "@siteferry/agent/test-probes";
import { pretendedProbes } from "@siteferry/agent/test-probes";
import type { Finding, Probes } from "@siteferry/agent";
import { generateKey } from "@siteferry/bundle";
import type { Probed, SendingTransport } from "@siteferry/carry/contract";
import { FerryError, type World } from "@siteferry/model";
import { beforeAll, describe, expect, test } from "vitest";
import { senderSchema } from "../settings.ts";
import { senderChecks } from "./checks.ts";
import type { LinkSubject, SenderSubject } from "./subject.ts";

const nowMs = new Date("2026-11-02T12:00:30").getTime();
const yaml = {
  site: "remote1",
  centre: "central",
  livestatus: "unix:/run/live",
  key: "/key",
  spool: "/s",
  transports: [{ drop: { dir: "/out" } }],
};
const http = { url: "https://central.example.net", token: "/token" };
const stateFile = "/s/sender/state/last-run";
function sealed(sealedMs: number | null, failure: string | null = null): Record<string, string> {
  const content = JSON.stringify({ sealedMs, failure: failure && { code: failure, message: "x" } });
  const hash = createHash("sha256").update(content).digest("hex");
  return { [stateFile]: `siteferry-state 1 ${content.length} ${hash}\n${content}` };
}
const directory: PretendedEntry = { kind: "directory", mode: 0o750 };
const wellEntries: Record<string, PretendedEntry> = {
  "/run": directory,
  "/run/live": { kind: "socket", mode: 0o660 },
  "/s": directory,
  "/s/sender": directory,
  "/key": {},
  "/out": directory,
};
let keys = { privateKey: "", publicLine: "" };
beforeAll(async () => {
  keys = await generateKey("remote1");
});

interface Changes {
  readonly yaml?: object;
  readonly entries?: Readonly<Record<string, PretendedEntry | undefined>>;
  readonly probes?: Partial<Probes>;
  /** What stands in files. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly link?: Partial<SendingTransport>;
  /** What the core is asked for fails so. */
  readonly coreFails?: FerryError;
  readonly hosts?: number;
}

function subjectOf(changes: Changes): SenderSubject {
  const settings = senderSchema.parse({ ...yaml, ...changes.yaml });
  const entries = { ...wellEntries, ...changes.entries } as Record<string, PretendedEntry>;
  const texts: Record<string, string> = {
    "/key": keys.privateKey,
    ...sealed(nowMs - 10_000),
    ...changes.texts,
  };
  const probes = pretendedProbes(entries, changes.probes);
  const traits = { bundleBytesMax: 1, atomicPublish: true, direction: "push" as const };
  const transport: SendingTransport = {
    name: "link:x",
    traits: { ...traits, acknowledges: false, oneWay: true },
    send: async () => null,
    close: async () => {},
    ...changes.link,
  };
  const files = {
    status: probes.look,
    list: async () => [],
    async read(path: string) {
      const text = texts[path];
      if (text === undefined) throw Object.assign(new Error("none"), { code: "ENOENT" });
      return Buffer.from(text);
    },
  };
  const world = { files, clock: { now: () => nowMs } } as unknown as World;
  const client = {
    close: async () => {},
    rows: async function* () {
      yield [[String(changes.hosts ?? 3)]];
    },
  };
  const versions = { flavour: "icinga2", program_version: "r2\u001b", livestatus_version: "2" };
  return {
    settings,
    spool: "/s/sender",
    world,
    probes,
    async connect() {
      if (changes.coreFails !== undefined) throw changes.coreFails;
      return client as unknown as Awaited<ReturnType<SenderSubject["connect"]>>;
    },
    openSite: async () => ({ versions }) as Awaited<ReturnType<SenderSubject["openSite"]>>,
    links: settings.transports.map((one): LinkSubject => ({
      settings: one,
      open: async () => transport,
      probed: async () => (await transport.probe?.()) ?? null,
    })),
  };
}

/** What the check of this name finds. */
async function find(name: string, changes: Changes = {}): Promise<readonly string[]> {
  const check = senderChecks.find((one) => one.name === name)!;
  const line = ({ verdict, what }: Finding): string => `${verdict} ${what}`;
  return await check.run(subjectOf(changes)).then(
    (found) => found.map(line),
    (error: unknown) => [`throws ${(error as FerryError).code}`],
  );
}

test("a sender that is well passes all of them", async () => {
  for (const { name } of senderChecks) {
    const found = await find(name);
    expect(
      found.filter((line) => !/^(?:ok|skipped) /.test(line)),
      name,
    ).toEqual([]);
  }
});

const acknowledging = {
  traits: { acknowledges: true, oneWay: false },
} as Partial<SendingTransport>;
const line = async (): Promise<Probed> => ({ seen: "answers", clock: null });
const outdated = { validFromMs: 0, validToMs: nowMs - 1, subject: "x" };

describe("each fails when its thing is broken:", () => {
  test.each<[name: string, what: string, changes: Changes, line: string]>([
    ["socket", "none", { entries: { "/run/live": undefined } }, "fail /run/live isn't there"],
    ["socket", "a file", { entries: { "/run/live": {} } }, "fail /run/live is no socket"],
    [
      "socket",
      "closed",
      { entries: { "/run/live": { kind: "socket", user: 0, denied: ["write"] } } },
      "fail ferry may not open /run/live, which belongs to user0",
    ],
    [
      "socket",
      "in a closed directory",
      { entries: { "/run": { ...directory, denied: ["enter"] } } },
      "fail ferry may not enter /run, above",
    ],
    [
      "core",
      "silent",
      { coreFails: new FerryError("livestatus-timeout", "silent") },
      "throws livestatus-timeout",
    ],
    ["core", "without hosts", { hosts: 0 }, "warning 0 hosts and 0 services"],
    [
      "programs",
      "missing",
      {
        yaml: { livestatus: undefined, exec: {} },
        probes: { findProgram: async (name) => (name === "cmcdump" ? "nowhere" : "everywhere") },
      },
      "fail cmcdump, for exec, isn't there",
    ],
    ["key", "open", { entries: { "/key": { mode: 0o644 } } }, "fail /key has mode 0644"],
    ["key", "gone", { entries: { "/key": undefined } }, "fail /key isn't there"],
    ["key", "no key", { texts: { "/key": "nonsense" } }, "throws key-unusable"],
    [
      "spool",
      "of root",
      { entries: { "/s/sender": { ...directory, user: 0 } } },
      "fail /s/sender belongs to user0",
    ],
    [
      "disk",
      "that doesn't sync",
      { probes: { tryDirectory: async () => [{ step: "sync", reason: "EIO" }] } },
      "fail /s/sender: sync fails: EIO",
    ],
    [
      "space",
      "none",
      { probes: { space: async () => ({ bytes: 0.01, files: 0.5 }) } },
      "fail 1 % of the bytes",
    ],
    ["link", "no directory", { entries: { "/out": undefined } }, "fail drop:/out isn't there"],
    [
      "link",
      "a closed directory",
      { entries: { "/out": { ...directory, denied: ["write"] } } },
      "fail ferry may not write in drop:/out",
    ],
    [
      "link",
      "that fails",
      {
        yaml: { transports: [{ http }] },
        link: {
          async probe() {
            throw new FerryError("peer-unknown", "who\u001b?");
          },
        },
      },
      "fail who\\x1b?",
    ],
    [
      "link",
      "that brings something back on a one-way line",
      { yaml: { oneWay: true, transports: [{ http }] }, link: { ...acknowledging, probe: line } },
      "fail link:x brings something back",
    ],
    [
      "certificate",
      "expired",
      { yaml: { transports: [{ http }] }, probes: { certificate: async () => outdated } },
      "fail the certificate of central.example.net:443 (x) expired",
    ],
    [
      "centreKeys",
      "open to everybody",
      {
        yaml: { centreKeys: "/list" },
        texts: { "/list": "" },
        entries: { "/list": { mode: 0o646 } },
      },
      "fail /list can be written by everybody",
    ],
    [
      "centreKeys",
      "none for receipts",
      { link: acknowledging },
      "fail link:x brings receipts, and centreKeys isn't set",
    ],
    [
      "centreKeys",
      "of another centre",
      { yaml: { centreKeys: "/list" }, link: acknowledging, texts: { "/list": "" } },
      "fail /list has no key of central",
    ],
    [
      "clock",
      "wrong",
      {
        link: {
          probe: async () => ({ seen: "", clock: { saidMs: nowMs, atMs: nowMs + 600_000 } }),
        },
      },
      "fail this clock is 600 s ahead of that of link:x",
    ],
    ["last run", "long ago", { texts: sealed(nowMs - 1e9) }, "fail nothing sealed for 12 d"],
    ["last run", "never", { texts: sealed(null) }, "warning nothing was ever sealed here"],
  ])("%s: %s", async (name, _what, changes, expected) => {
    expect(await find(name, changes)).toContainEqual(expect.stringContaining(expected));
  });
});

test("a link that can be asked says what was seen, one that can't is left out", async () => {
  const asked = { yaml: { transports: [{ http }] } };
  expect(await find("link", { ...asked, link: { probe: line } })).toEqual(["ok link:x answers"]);
  expect(await find("link", asked)).toEqual([
    expect.stringMatching(/^skipped link:x runs a program/),
  ]);
});

test("the centre's keys count while they are valid; without receipts one is wanted less", async () => {
  const list = (options: string) => ({
    yaml: { centreKeys: "/list" },
    texts: { "/list": `central ${options}${keys.publicLine}\nother ${keys.publicLine}` },
  });
  expect(await find("centreKeys", list(""))).toEqual(["ok /list has 1 keys of central"]);
  const dated = [
    list('valid-after="20260101Z",valid-before="20270101Z" '),
    list('valid-before="20260101Z" '),
    list('valid-after="20270101Z" '),
  ];
  const found = await Promise.all(dated.map((one) => find("centreKeys", one)));
  expect(found.flat().map((one) => one.split(" ")[0])).toEqual(["ok", "warning", "warning"]);
});

test("what the filters leave is counted, and a sender that never ran is told how to begin", async () => {
  const filters = { hosts: ["Filter: name ~ ^web"] };
  expect(await find("core", { yaml: { filters } })).toContain(
    "ok 3 hosts and 3 services that the filters choose",
  );
  expect((await find("core")).at(-1)).toBe("ok 3 hosts and 3 services");
  const check = senderChecks.find(({ name }) => name === "last run")!;
  const never = { texts: sealed(null) };
  expect((await check.run(subjectOf(never)))[0]!.todo).toContain("siteferry send --once");
  const late = { texts: sealed(0) };
  expect((await check.run(subjectOf(late)))[0]!.todo).toContain("Does cron or systemd run it");
  const failed = { texts: sealed(0, "livestatus-refused") };
  expect((await check.run(subjectOf(failed)))[0]).toMatchObject({
    what: expect.stringContaining("(livestatus-refused); the last run failed: livestatus-refused"),
    todo: "siteferry explain livestatus-refused says what to do.",
  });
});

test("where there is no socket, the ones that are there are named, also an OMD site's", async () => {
  const check = senderChecks.find(({ name }) => name === "socket")!;
  const socket: PretendedEntry = { kind: "socket" };
  const changes: Changes = {
    entries: { "/run/live": undefined, "/omd/sites/a/tmp/run/live": socket },
    probes: { environment: { OMD_ROOT: "/omd/sites/a" } },
  };
  const [finding] = await check.run(subjectOf(changes));
  expect(finding!.todo).toContain("There is one at /omd/sites/a/tmp/run/live");
});
