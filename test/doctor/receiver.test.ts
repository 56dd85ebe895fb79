// `siteferry doctor receiver` beside a real Nagios 4 and a real Icinga 2: well, and then with one thing broken
// after the other.

import { appendFile, chmod, chown, readFile, rename, writeFile } from "node:fs/promises";
import { freePort, makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { approvedSite, Centre } from "../activation/centre.ts";
import { openCentre } from "../icinga2/centre.ts";
import { siteferry } from "../command-line.ts";
import { doctor } from "./doctor.ts";

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** Break it, the line that has to be there, mend it. */
interface Case {
  readonly line: RegExp;
  readonly broken: () => Promise<unknown>;
  readonly mended: () => Promise<unknown>;
}

async function checkCases(
  cases: readonly Case[],
  look: () => ReturnType<typeof doctor>,
): Promise<void> {
  for (const { line, broken, mended } of cases) {
    await broken();
    const { status, troubles, lines } = await look();
    expect(troubles, lines.join("\n")).toContainEqual(expect.stringMatching(line));
    expect(status).toBe(line.source.startsWith("^WARNING") ? 1 : 2);
    await mended();
  }
}

/** Changes a file's text, and puts back what was there. */
async function changing(path: string, change: (text: string) => string) {
  const before = await readFile(path, "utf8");
  return {
    broken: async () => await writeFile(path, change(before)),
    mended: async () => await writeFile(path, before),
  };
}

describe.skipIf(missingFor("nagios") !== null)("doctor receiver at a Nagios", () => {
  test("passes when all is well; of what is broken the right line says so", async () => {
    const sites = { alpha: approvedSite("") };
    await using centre = await Centre.open({ sites });
    const { nagios, installation } = centre;
    const { path, receiverYaml } = installation;
    const commands = `  - commands: { core: nagios, file: ${nagios.commandFile}, status: ${nagios.statusFile} }`;
    const health = "health: { host: testkit-centre }\n";
    await centre.configure({ sites, more: `${commands}\n${health}` });
    await centre.say("alpha", ["web"]);
    expect((await centre.receive()).status).toBe(0);
    const look = () => doctor("receiver", receiverYaml);
    const port = await freePort();
    const well = await look();
    expect(well.troubles).toEqual([]);
    expect(well.status).toBe(0);
    for (const line of [
      /^OK results: \S+checkresults: root writes there, the core reads/,
      /^OK core: \S+nagios.cfg: passive results are accepted/,
      /^OK objects: .* the core reads it, and can be made to load it/,
      /^OK commands: \S+nagios.cmd is read by a core/,
      /^OK site services: \S+: testkit-centre shows 1 site/,
      /^OK sites: 1 site, all well/,
    ]) {
      expect(well.lines).toContainEqual(expect.stringMatching(line));
    }
    const report = await siteferry(["doctor", "receiver", "--config", receiverYaml]);
    expect(report).toMatchObject({ status: 0, stdout: expect.stringContaining("All is well.") });

    const ofCore = async (change: (text: string) => string) =>
      await changing(nagios.configurationFile, change);
    const told = (line: string) =>
      appendFile(nagios.commandFile, `[${Math.floor(Date.now() / 1000)}] ${line}\n`);
    const takes = (value: string) =>
      nagios.waitUntil(
        "passive checks",
        ({ program }) => program["passive_service_checks_enabled"] === value,
      );
    await checkCases(
      [
        {
          line: /^FAIL results: \S+ has check_result_path=\S+elsewhere, and dir is/,
          ...(await ofCore((text) => text.replace(/(check_result_path=).*/, "$1/elsewhere"))),
        },
        {
          line: /^FAIL core: \S+ has accept_passive_service_checks=0/,
          ...(await ofCore((text) => `${text}accept_passive_service_checks=0\n`)),
        },
        {
          line: /^FAIL core: \S+ has max_check_result_file_age=60/,
          ...(await ofCore((text) => `${text}max_check_result_file_age=60\n`)),
        },
        {
          line: /^WARNING core: \S+ has check_result_reaper_frequency=600/,
          ...(await ofCore((text) => `${text}check_result_reaper_frequency=600\n`)),
        },
        {
          line: /^FAIL objects: \S+ has no cfg_dir that \S+ lies in/,
          ...(await ofCore((text) => text.replaceAll(/^cfg_dir=.*$/gm, ""))),
        },
        {
          line: /^FAIL objects: \S+ has check_external_commands=0/,
          ...(await ofCore((text) => `${text}check_external_commands=0\n`)),
        },
        {
          line: /^FAIL core: the core that runs takes no passive results of services/,
          async broken() {
            await told("STOP_ACCEPTING_PASSIVE_SVC_CHECKS");
            await takes("0");
          },
          async mended() {
            await told("START_ACCEPTING_PASSIVE_SVC_CHECKS");
            await takes("1");
          },
        },
        {
          line: /^FAIL signers: .* has no key of alpha/,
          ...(await changing(`${path}/allowed_signers`, () => "")),
        },
        {
          line: /^WARNING signers: .* has a key of gone, which isn't among sites/,
          ...(await changing(
            `${path}/allowed_signers`,
            (text) => `${text}${text.replace("alpha", "gone")}`,
          )),
        },
        {
          line: /^FAIL link: \S+link isn't there/,
          broken: () => rename(`${path}/link`, `${path}/gone`),
          mended: () => rename(`${path}/gone`, `${path}/link`),
        },
        {
          line: /^FAIL site services: \S+: the core has no nobody-here of its own/,
          ...(await changing(receiverYaml, (text) =>
            text.replace("testkit-centre", "nobody-here"),
          )),
        },
        {
          line: /^FAIL site services: \S+: testkit-centre has no service siteferry beta/,
          ...(await changing(receiverYaml, (text) =>
            text.replace("sites:\n", "sites:\n  beta: {}\n"),
          )),
        },
        {
          line: /^WARNING page: nobody listens at http:127\.0\.0\.1:/,
          ...(await changing(
            receiverYaml,
            (text) => `${text}page: { listen: "127.0.0.1:${port}" }\n`,
          )),
        },
        {
          line: /^FAIL settings: .*unknown key "centres"/,
          ...(await changing(receiverYaml, (text) => `centres: x\n${text}`)),
        },
        ...(isRoot
          ? [
              {
                line: /^FAIL spool: \S+receiver belongs to nobody, and this runs as root/,
                broken: () => chown(`${path}/spool/receiver`, nobody, nobody),
                mended: () => chown(`${path}/spool/receiver`, 0, 0),
              },
            ]
          : []),
      ],
      look,
    );
    expect((await look()).troubles).toEqual([]);

    // Nobody may look, and hears why; nothing of it ends the look.
    if (!isRoot) return;
    await chmod(path, 0o755);
    const asNobody = await doctor("receiver", receiverYaml, nobody);
    expect(asNobody.status).toBe(2);
    expect(asNobody.troubles).toContainEqual(
      expect.stringMatching(/^FAIL spool: nobody may not enter \S+spool, which belongs to root/),
    );
  });
});

describe.skipIf(missingFor("icinga2") !== null)("doctor receiver at an Icinga 2", () => {
  test("passes when all is well; of what is broken the right line says so", async () => {
    await using centre = await openCentre(
      { alpha: `prefix: ""` },
      'object Host "central" { check_command = "passive"; enable_active_checks = false }\n',
    );
    await centre.configure(undefined, "health: { host: central }");
    const { path, core } = centre;
    await using other = await makeTemporaryDirectory("doctor");
    await writeFile(`${other.path}/password`, "wrong", { mode: 0o600 });
    await centre.configuration("alpha", { hosts: [{ name: "web", address: "192.0.2.1" }] });
    await centre.settle();
    const receiverYaml = `${path}/receiver.yaml`;
    const look = () => doctor("receiver", receiverYaml);
    const well = await look();
    expect(well.troubles).toEqual([expect.stringMatching(/^WARNING certificate: .*in 1 days/)]);
    expect(well.lines).toContainEqual(
      expect.stringMatching(/^OK icinga2: https:\S+ answers, and siteferry may do what is needed/),
    );
    expect(well.lines).toContainEqual(
      expect.stringMatching(/^OK site services: https:\S+: central shows 1 site/),
    );
    await checkCases(
      [
        {
          line: /^FAIL site services: https:\S+: the core has no web of its own/,
          ...(await changing(receiverYaml, (text) => text.replace("host: central", "host: web"))),
        },
        {
          line: /^FAIL site services: https:\S+: central has no service another alpha/,
          ...(await changing(receiverYaml, (text) =>
            text.replace("host: central", 'host: central, service: "another {site}"'),
          )),
        },
        {
          line: /^FAIL icinga2: .*doesn't know siteferry, or not this password/,
          ...(await changing(receiverYaml, (text) =>
            text.replace(core.passwordFile, `${other.path}/password`),
          )),
        },
        {
          line: /^FAIL icinga2: .*(?:altnames|certificate)/i,
          ...(await changing(receiverYaml, (text) => text.replace(core.serverName, "another"))),
        },
        {
          line: /^FAIL keys: \S+password has mode 0644: others may read it/,
          broken: () => chmod(core.passwordFile, 0o644),
          mended: () => chmod(core.passwordFile, 0o600),
        },
      ],
      look,
    );
  });
});
