// Each check on a receiver that is well, and on one of which just that thing is broken.

import type { PretendedEntry } from "@siteferry/agent/test-probes";
import { FerryError, parseSiteId } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { receiverChecks } from "./checks.ts";
import { find } from "./test-find.ts";
import { type Changes, nowMs } from "./test-subject.ts";

test("a receiver that is well passes all of them", async () => {
  for (const { name } of receiverChecks) {
    const found = await find(name);
    expect(
      found.filter((line) => !/^(?:ok|skipped) /.test(line)),
      name,
    ).toEqual([]);
  }
});

const directory: PretendedEntry = { kind: "directory", mode: 0o755 };
const closed: PretendedEntry = { ...directory, user: 0, denied: ["write"] };
const commands = (more: object) => ({ targets: [{ commands: { core: "nagios", ...more } }] });
const byFile = { yaml: commands({ file: "/cmd", status: "/status" }) };
const byLive = { yaml: commands({ livestatus: "unix:/live" }) };
const listener = {
  yaml: {
    transports: [{ http: { listen: "127.0.0.1:8080", sites: { remote1: { token: "/t" } } } }],
  },
};
const results = (more: object) => ({
  targets: [{ checkresults: { dir: "/results", core: "nagios", ...more } }],
});
const icinga2 = {
  yaml: { targets: [{ icinga2: { url: "https://core:5665", ca: "/ca", password: "/p" } }] },
};
const silent = {
  site: parseSiteId("remote1")!,
  summary: "no bundle for 99 d",
  details: [],
  perfData: "",
};
const another = { probes: { account: async () => ({ id: 9, groups: [9] }) } };

const cases: readonly (readonly [name: string, what: string, changes: Changes, line: string])[] = [
  ["signers", "no sites", { yaml: { sites: {} } }, "warning there are no sites yet"],
  [
    "signers",
    "open to everybody",
    { entries: { "/signers": { mode: 0o666 } } },
    "fail /signers can be written by everybody",
  ],
  ["signers", "damaged", { texts: { "/signers": "x" } }, "throws signers-invalid"],
  ["signers", "none", { texts: { "/signers": "" } }, "fail /signers has no key of remote1"],
  [
    "signers",
    "expired",
    { texts: { "/signers": 'remote1 valid-before="20260101Z" KEY' } },
    "fail no key of remote1 in /signers is valid now",
  ],
  [
    "signers",
    "soon expired",
    { texts: { "/signers": 'remote1 valid-before="20261108Z" KEY' } },
    "warning the key of remote1 is valid for 5 days",
  ],
  [
    "signers",
    "revoked",
    { yaml: { revokedKeys: "/revoked" }, texts: { "/revoked": "KEY" } },
    "fail /signers has no key of remote1 that isn't revoked",
  ],
  ["keys", "gone", { yaml: { key: "/key" } }, "fail /key isn't there"],
  [
    "keys",
    "no identity",
    { yaml: { sites: { remote1: { encrypted: true } } } },
    "fail remote1 has to encrypt, and there is no identity",
  ],
  [
    "keys",
    "an open token",
    { ...listener, entries: { "/t": { mode: 0o644 } } },
    "fail /t has mode",
  ],
  [
    "programs",
    "missing",
    { probes: { findProgram: async (name) => (name === "nagios4" ? "nowhere" : "everywhere") } },
    "fail nagios4, for check of activate, isn't there",
  ],
  [
    "spool",
    "of root",
    { entries: { "/s/receiver": { ...directory, user: 0 } } },
    "fail /s/receiver belongs to user0",
  ],
  [
    "disk",
    "two file systems",
    { entries: { "/s/receiver/inbox": { ...directory, device: 2 } } },
    "fail /s/receiver/inbox is another file system",
  ],
  ["space", "none", { probes: { space: async () => ({ bytes: 0.01, files: 1 }) } }, "fail 1 %"],
  ["link", "no directory", { entries: { "/in": undefined } }, "fail /in isn't there"],
  [
    "link",
    "closed",
    { entries: { "/in": closed } },
    "fail ferry may not read, write and enter /in",
  ],
  ["link", "empty", {}, "ok link:x can be looked into; 0 files wait there"],
  [
    "link",
    "with a file",
    { waiting: ["a.ferry"], entries: { "/in/a.ferry": {} } },
    "ok link:x can be looked into; 1 file waits there",
  ],
  [
    "link",
    "with files of somebody else",
    {
      waiting: ["a.ferry", "b.ferry", "c.ferry", "taken.ferry"],
      entries: {
        "/in/a.ferry": {},
        "/in/b.ferry": { denied: ["read"], user: 8, mode: 0o640 },
        "/in/c.ferry": { denied: ["read"], user: 8 },
      },
    },
    "fail ferry may not read /in/b.ferry, which belongs to user8, mode 0640; with it 2 files in all",
  ],
  ["link", "that fails", { linkFails: new FerryError("login-refused", "no\u001b") }, "fail no"],
  ["link", "silent", listener, "warning nobody listens at http:127.0.0.1:8080"],
  [
    "link",
    "of somebody else",
    { ...listener, probes: { listen: async () => "taken" }, receiver: null },
    "fail at http:127.0.0.1:8080 listens somebody else",
  ],
  [
    "link",
    "below 1024",
    { ...listener, probes: { listen: async () => ({ problem: "EACCES" }) } },
    "fail http:127.0.0.1:8080 can't be listened at: EACCES",
  ],
  [
    "certificate",
    "expired",
    {
      ...icinga2,
      probes: { certificate: async () => ({ validFromMs: 0, validToMs: 1, subject: "x" }) },
    },
    "fail the certificate of core:5665 (x) expired",
  ],
  ["results", "none", { entries: { "/results": undefined } }, "fail /results isn't there"],
  [
    "results",
    "closed",
    { entries: { "/results": closed } },
    "fail ferry may not read and write in",
  ],
  [
    "results",
    "another directory",
    { core: "check_result_path=/elsewhere" },
    "fail /nagios.cfg has check_result_path=/elsewhere, and dir is /results",
  ],
  [
    "results",
    "closed to the core",
    { ...another, entries: { "/results": { ...directory, mode: 0o700 } } },
    "fail the core's user nagios may not read and write in /results",
  ],
  [
    "results",
    "files closed to the core",
    { ...another, yaml: results({ mode: "0600" }), coreConfig: "/nagios.cfg" },
    "fail files of mode 600 the core's user nagios can't read",
  ],
  [
    "results",
    "another cache",
    { core: "object_cache_file=/else" },
    "fail /nagios.cfg has object_cache_file=/else, and objectCache is /cache",
  ],
  ["results", "no cache", { entries: { "/cache": undefined } }, "fail ferry can't read /cache"],
  [
    "results",
    "nothing to compare with",
    { yaml: results({}) },
    "warning the core's main file wasn't found",
  ],
  [
    "core",
    "services",
    { core: "accept_passive_service_checks=0" },
    "fail /nagios.cfg has accept_p",
  ],
  [
    "core",
    "hosts",
    { core: "accept_passive_host_checks=0" },
    "fail /nagios.cfg has accept_passive",
  ],
  [
    "core",
    "freshness",
    { core: "check_service_freshness=0" },
    "warning /nagios.cfg has check_serv",
  ],
  [
    "core",
    "reaper",
    { core: "check_result_reaper_frequency=100" },
    "warning /nagios.cfg has check_",
  ],
  [
    "core",
    "age",
    { core: "max_check_result_file_age=10" },
    "fail /nagios.cfg has max_check_result",
  ],
  [
    "core",
    "switched off at run time",
    { texts: { "/status": "programstatus {\n\tpassive_host_checks_enabled=0\n\t}\n" } },
    "fail the core that runs takes no passive results of hosts",
  ],
  ["core", "not running", { core: "status_file=/none" }, "warning /none, the core's status_file"],
  ["objects", "none", { entries: { "/etc/ferry": undefined } }, "fail /etc/ferry isn't there"],
  ["objects", "closed", { entries: { "/etc/ferry": closed } }, "fail ferry may not write in"],
  [
    "objects",
    "closed to the core",
    { ...another, entries: { "/etc/ferry": { ...directory, mode: 0o700 } } },
    "fail the core's user nagios may not read in /etc/ferry",
  ],
  [
    "objects",
    "not read",
    { texts: { "/nagios.cfg": "cfg_dir=/else" } },
    "fail /nagios.cfg has no cfg_dir that /etc/ferry lies in",
  ],
  [
    "objects",
    "no commands",
    { core: "check_external_commands=0" },
    "fail /nagios.cfg has check_external_commands=0",
  ],
  [
    "objects",
    "no FIFO",
    { entries: { "/cmd": {} } },
    "fail /cmd, the core's command_file, is no F",
  ],
  ["objects", "no reader", { hasReader: false }, "fail nobody reads /cmd"],
  [
    "objects",
    "unchecked",
    { yaml: { targets: [{ objects: { dir: "/etc/ferry", core: "nagios" } }] } },
    "warning /etc/ferry: without activate",
  ],
  ["commands", "no reader", { ...byFile, hasReader: false }, "fail nobody reads /cmd"],
  ["commands", "no FIFO", { ...byFile, entries: { "/cmd": undefined } }, "fail /cmd isn't there"],
  [
    "commands",
    "closed",
    { ...byFile, entries: { "/cmd": { kind: "fifo", denied: ["write"] } } },
    "fail ferry may not write into /cmd",
  ],
  [
    "commands",
    "old",
    { ...byFile, entries: { "/status": { modifiedMs: nowMs - 900_000 } } },
    "warning /status is 900 s old",
  ],
  [
    "commands",
    "no answer",
    { ...byLive, status: new FerryError("livestatus-timeout", "silent") },
    "fail silent",
  ],
  ["commands", "no core", { ...byLive, status: [] }, "fail unix:/live answers without a row"],
  [
    "icinga2",
    "no permission",
    {
      ...icinga2,
      api: '{"results":[{"permissions":["objects/query/*","config/*","STATUS/query"]}]}',
    },
    "fail https://core:5665 doesn't let siteferry do: actions/process-check-result",
  ],
  [
    "icinga2",
    "unreachable",
    { ...icinga2, api: new FerryError("core-unreachable", "gone") },
    "fail gone",
  ],
  [
    "icinga2",
    "no Icinga 2",
    { ...icinga2, api: "<html>\u001b" },
    "skipped https://core:5665 answers",
  ],
  ["page", "not served", { yaml: { page: {} } }, "warning nobody listens at http:127.0.0.1:8781"],
  [
    "site services",
    "no host",
    { yaml: { health: { host: "central" } } },
    "fail /cache: the core has no central of its own",
  ],
  [
    "commands",
    "no status",
    { ...byFile, entries: { "/status": undefined } },
    "fail /status isn't there",
  ],
  [
    "objects",
    "no command file",
    { texts: { "/nagios.cfg": "cfg_dir=/etc/ferry" } },
    "fail /nagios.cfg names no command_file",
  ],
  [
    "link",
    "no Maildir",
    { yaml: { transports: [{ mail: { maildir: { dir: "/mail" } } }] } },
    "fail /mail/new isn't there",
  ],
  [
    "link",
    "a Maildir with a message of somebody else",
    {
      yaml: { transports: [{ mail: { maildir: { dir: "/mail" } } }] },
      entries: {
        "/mail/new": directory,
        "/mail/cur": directory,
        "/mail/new/1": {},
        "/mail/cur/2": { denied: ["read"], user: 8, mode: 0o600 },
      },
    },
    "fail ferry may not read /mail/cur/2, which belongs to user8, mode 0600",
  ],
  [
    "results",
    "a core of a user that isn't known",
    { core: "nagios_user=nobody-there" },
    "warning the core's user nobody-there isn't known here",
  ],
  [
    "signers",
    "of a site that isn't named",
    { texts: { "/signers": "remote1,other KEY" } },
    "warning /signers has a key of other, which isn't among sites",
  ],
  ["sites", "silent", { health: [{ ...silent, state: 2 }] }, "fail remote1 is CRITICAL: no bundle"],
  ["sites", "new", { health: [{ ...silent, state: 3 }] }, "warning remote1 is UNKNOWN"],
];

describe("each fails when its thing is broken:", () => {
  test.each(cases)("%s: %s", async (name, _what, changes, line) => {
    const found = await find(name, changes);
    expect(found).toContainEqual(expect.stringContaining(line));
    expect(found.join("")).not.toContain("\u001b");
  });

  test("and no check is without such a case", () => {
    const names = new Set(cases.map(([name]) => name));
    const all = receiverChecks.map(({ name }) => name);
    // Whose settings can't be read comes to none of them.
    expect(all.filter((name) => !names.has(name))).toEqual(["settings"]);
  });
});

test("of a thousand silent sites twenty are named", async () => {
  const health = Array.from({ length: 1000 }, () => ({ ...silent, state: 2 as const }));
  const found = await find("sites", { health });
  expect(found).toHaveLength(21);
  expect(found.at(-1)).toBe("warning and 980 more");
  expect(await find("sites", { health: health.slice(0, 20) })).toHaveLength(20);
});

test("an Icinga 2 that lets the user do everything is well, and so are targets that work", async () => {
  const api = '{"results":[{"permissions":["*"]}]}';
  expect(await find("icinga2", { ...icinga2, api })).toEqual([expect.stringMatching(/^ok /)]);
  for (const one of [byFile, byLive]) {
    for (const line of await find("commands", one)) expect(line).toMatch(/^ok /);
  }
  const guess = { entries: { "/etc/nagios4/nagios.cfg": {} }, yaml: results({}) };
  const texts = { "/etc/nagios4/nagios.cfg": "check_result_path=/else" };
  expect(await find("results", { ...guess, texts })).toEqual([
    expect.stringMatching(/^warning \/etc\/nagios4\/nagios.cfg has check_result_path=\/else/),
  ]);
});
