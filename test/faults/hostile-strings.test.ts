// 10,000 hostile strings as names and outputs, signed with a good key, into a real Nagios 4: only
// what the site owns changes, two canaries keep all they have, and the core lives on.

import { readdir, readFile, writeFile } from "node:fs/promises";
import {
  isNameFault,
  parseHostName,
  parseServiceDescription,
  serviceStateTable,
} from "@siteferry/model";
import {
  missingFor,
  type Nagios,
  type NagiosFields,
  startNagios,
  verifyWithNagios,
} from "@siteferry/testkit/cores";
import { makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Run } from "../command-line.ts";
import { install, type Installation, reportOf } from "../installation.ts";
import { cellsOf, HostileSite, type Row, type SealedFile } from "../hostile-rows.ts";
import { forgeriesOf, hostileStrings } from "./hostile-strings.ts";

const hosts = 20;
const servicesPerHost = 50;
const rounds = 3;
/** The other site's, and the one that the core has by itself. */
const canaries = [
  ["canary", ""],
  ["canary", "bird"],
  ["testkit-centre", ""],
  ["testkit-centre", "itself"],
] as const;
const forgeries = canaries.flatMap(([host, service]) => forgeriesOf(host, service));

describe.skipIf(missingFor("nagios") !== null)("hostile strings", () => {
  let nagios: Nagios;
  let installation: Installation;
  let hostile: HostileSite;
  let objects: TemporaryDirectory;
  let before: readonly (NagiosFields | undefined)[];

  const offer = async (...bundles: readonly SealedFile[]): Promise<Run> => {
    for (const { name, content } of bundles) {
      await writeFile(`${installation.link}/${name}`, content);
    }
    return await installation.receive();
  };

  const canariesNow = async (): Promise<readonly (NagiosFields | undefined)[]> => {
    const status = await nagios.status();
    return canaries.map(([host, service]) => {
      const fields =
        service === "" ? status.hosts.get(host) : status.services.get(`${host};${service}`);
      // What the core's own clock moves.
      const { last_update: _, next_check: _next, ...kept } = fields ?? {};
      return kept;
    });
  };

  const checkUnharmed = async (): Promise<void> => {
    process.kill(nagios.pid, 0);
    expect(await canariesNow()).toEqual(before);
    const log = await readFile(nagios.logFile, "utf8");
    expect(log).not.toMatch(/EXTERNAL COMMAND|could not be found/);
    const status = await nagios.status();
    const names = [...status.hosts.keys(), ...status.services.keys()];
    expect(names.filter((name) => !/^(evil|canary|testkit-centre)/.test(name))).toEqual([]);
    const { accepted, output } = await verifyWithNagios({ objectDirectories: [objects.path] });
    expect(accepted, output).toBe(true);
  };

  beforeAll(async () => {
    objects = await makeTemporaryDirectory("objects");
    nagios = await startNagios({ objectDirectories: [objects.path] });
    installation = await install({
      livestatus: "unix:/nonexistent",
      checkResults: nagios.checkResultsDirectory,
      objectCache: nagios.objectCacheFile,
      objects: objects.path,
    });
    hostile = await HostileSite.make("remote1");
    const honest = await HostileSite.make("remote2");
    await allow(installation, nagios, hostile, honest);
    const [host, service] = ["canary", "bird"];
    const last_check = nowSeconds() - 60;
    await offer(
      await honest.configuration({
        hosts: [{ name: host, alias: host, address: "192.0.2.1" }],
        services: [{ host_name: host, description: service }],
      }),
      await honest.states({
        host_states: [{ name: host, last_check, plugin_output: "sings" }],
        service_states: [{ host_name: host, description: service, last_check, state: 1 }],
      }),
    );
    await nagios.reload();
    await installation.receive();
    const isShown = (fields: NagiosFields | undefined): boolean =>
      fields?.["has_been_checked"] === "1";
    await nagios.waitUntil(
      "the canary",
      (status) =>
        isShown(status.services.get("canary;bird")) && isShown(status.hosts.get("canary")),
    );
    before = await canariesNow();
  });

  afterAll(async () => {
    await nagios?.stop();
    await installation?.[Symbol.asyncDispose]();
    await objects?.remove();
  });

  test("as outputs, in every text that a state has", async () => {
    const names = Array.from({ length: hosts }, (_, index) => `evil-${index}`);
    const services = names.flatMap((host_name) =>
      Array.from({ length: servicesPerHost }, (_, index) => ({
        host_name,
        description: `s${index}`,
      })),
    );
    const configuration = { hosts: names.map((name) => ({ name })), services };
    expect((await offer(await hostile.configuration(configuration))).status).toBe(0);
    await nagios.reload();
    const strings = hostileStrings(hosts * servicesPerHost * rounds * 3, 1, forgeries);
    const next = (): string => strings.next().value ?? "";
    for (let round = 1; round <= rounds; round++) {
      const last_check = nowSeconds() - 60 + round;
      const rows = services.map((service, index) => ({
        ...service,
        last_check,
        state: (index + round) % 4,
        plugin_output: next(),
        long_plugin_output: next(),
        perf_data: next(),
      }));
      const received = await offer(await hostile.states({ service_states: rows }));
      expect(received.status, received.stderr).toBe(0);
      expect(reportOf(received)).toMatchObject({ results: rows.length });
      const status = await nagios.waitUntil("the results", (now) =>
        services.every(
          ({ host_name, description }) =>
            now.services.get(`${host_name};${description}`)?.["last_check"] === `${last_check}`,
        ),
      );
      for (const { host_name, description, state } of rows) {
        const shown = status.services.get(`${host_name};${description}`);
        expect(shown?.["current_state"]).toBe(`${state}`);
      }
      await checkUnharmed();
    }
  });

  test("as names and in every text of a configuration: what no core could take is left out", async () => {
    const strings = [...hostileStrings(1000, 2, forgeries)];
    const good = [...new Set(strings.map((text) => `evil${text}`))].filter(isName);
    expect(good.length).toBeGreaterThan(100);
    const text = (index: number): string => strings[index % strings.length]!;
    const configured = good.map((name, index): Row => ({
      name,
      alias: text(index + 1),
      address: text(index + 2),
      parents: [text(index + 3), "canary", "testkit-centre"],
      display_name: text(index + 4),
      check_command: text(index + 5),
      groups: [text(index + 6), "canaries"],
      contacts: [text(index + 7)],
      icon_image: text(index + 8),
      notes: text(index + 9),
      notes_url: text(index + 10),
      action_url: text(index + 11),
      custom_variables: [[text(index + 12), text(index + 13)]],
    }));
    const last_check = nowSeconds() - 10;
    const hostgroups = strings.map((name, index) => ({ name, alias: text(index + 1) }));
    const configuration = { hosts: configured, hostgroups: distinct(hostgroups) };
    // All earlier hosts vanish with it: it has to be said twice (R54).
    expect((await offer(await hostile.configuration(configuration))).status).toBe(76);
    const sent = await offer(
      await hostile.configuration(configuration),
      await hostile.states({
        host_states: good.map((name) => ({ name, last_check, plugin_output: "here" })),
      }),
    );
    expect(sent.status, sent.stderr).toBe(0);
    await checkUnharmed();
    await nagios.reload();
    expect((await installation.receive()).status).toBe(0);
    const status = await nagios.waitUntil("a hostile name", ({ hosts: shown }) =>
      [...shown].some(
        ([name, { last_check: at }]) => name.startsWith("evil") && at === `${last_check}`,
      ),
    );
    const shown = [...status.hosts.keys()].filter((name) => name.startsWith("evil"));
    expect(shown.filter((name) => !good.includes(name))).toEqual([]);
    await checkUnharmed();
  });

  test("as names that are none: the bundle is refused whole", async () => {
    const strings = [...hostileStrings(600, 3, forgeries)].map((text) => `evil${text}`);
    const bad = [...new Set(strings)].filter((name) => !isName(name)).slice(0, 150);
    expect(bad.length).toBe(150);
    const bundles = await Promise.all([
      ...bad.map((name) => hostile.states({ host_states: [{ name, last_check: 1 }] })),
      hostile.states({ host_states: [{ name: "canary", last_check: nowSeconds() }] }),
      ...bad
        .slice(0, 50)
        .flatMap((name) => [
          hostile.states({ comments: [{ id: 1, host_name: name }] }),
          hostile.states({ downtimes: [{ id: 1, host_name: name, description: "s1" }] }),
          hostile.states({ events: [{ time: 1, host_name: name }] }),
        ]),
      hostile.rawState(Buffer.from(JSON.stringify(stateCells("x".repeat(1024 * 1024))))),
      hostile.rawState(Buffer.from(JSON.stringify(stateCells("ü\udc80")))),
      hostile.rawState(Buffer.from(JSON.stringify(stateCells("ä")), "latin1")),
    ]);
    let refused = 0;
    for (let first = 0; first < bundles.length; first += 80) {
      const received = await offer(...bundles.slice(first, first + 80));
      expect(received.status, received.stderr).toBe(76);
      expect(received.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u0080-\u009f]/);
      refused += Number(reportOf(received)["refused"]);
      expect(reportOf(received)).toMatchObject({ accepted: 0, results: 0 });
    }
    expect(refused).toBe(bundles.length);
    expect(await readdir(nagios.checkResultsDirectory)).toEqual([]);
    await checkUnharmed();
  });
});

function stateCells(plugin_output: string): readonly unknown[] {
  const row = { host_name: "evil-1", description: "s1", last_check: nowSeconds(), plugin_output };
  return cellsOf(serviceStateTable, row);
}

function isName(name: string): boolean {
  const both = [parseHostName(name), parseServiceDescription(name)];
  return !both.some(isNameFault);
}

function distinct<Named extends { readonly name: string }>(rows: readonly Named[]): Named[] {
  return [...new Map(rows.map((row) => [row.name, row])).values()];
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The centre's settings: one site may speak for what begins with `evil`, the other for the canary. */
async function allow(
  { path, receiverYaml, link, objects }: Installation,
  { checkResultsDirectory, objectCacheFile }: Nagios,
  hostile: HostileSite,
  honest: HostileSite,
): Promise<void> {
  await writeFile(`${path}/allowed_signers`, hostile.signersLine + honest.signersLine);
  await writeFile(
    receiverYaml,
    `centre: central
allowedSigners: ${path}/allowed_signers
spool: ${path}/spool
sites:
  remote1: { owns: ["evil*"], contacts: [testkit-nobody], objects: { autoApprove: true } }
  remote2: { owns: ["canary*"], contacts: [testkit-nobody], objects: { autoApprove: true } }
transports:
  - drop: { dir: ${link} }
targets:
  - objects: { dir: ${objects}, core: nagios }
  - checkresults: { dir: ${checkResultsDirectory}, core: nagios, objectCache: ${objectCacheFile} }
`,
  );
}
