// Icinga 2 as the centre, on the real thing: three sites through its API into its own configuration and
// states.

import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { isNameFault, parseHostName } from "@siteferry/model";
import { makeCertificate } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteferry } from "../command-line.ts";
import { reportOf } from "../installation.ts";
import { type Centre, openCentre } from "./centre.ts";
import { host, injections, service, start, statesAt, usualRows } from "./rows.ts";

/** With each refusal the core looks up the names of a stack trace, which takes seconds each. */
const slow = { timeout: 300_000 };

describe.skipIf(missingFor("icinga2") !== null)("Icinga 2 as the centre", () => {
  let centre: Centre;
  const resultOf = async (
    type: "host" | "service",
    name: string,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const all = await centre.objects(type, "last_check_result", "state", "state_type");
    const attrs = all.get(name);
    const result = attrs?.["last_check_result"] as Readonly<Record<string, unknown>> | null;
    return { ...result, state: attrs?.["state"], state_type: attrs?.["state_type"] };
  };
  const uploads = async (): Promise<readonly string[]> => {
    const answer = (await centre.core.get("/v1/config/packages")) as unknown as {
      results: readonly { name: string; stages: readonly string[] }[];
    };
    return answer.results.find(({ name }) => name === "siteferry")?.stages ?? [];
  };

  beforeAll(async () => {
    centre = await openCentre(
      { remote1: "contacts: [noc]", remote2: 'prefix: "r2-"', remote3: 'prefix: "r3-"' },
      `object HostGroup "central group" { }
object Host "central host" { check_command = "passive"; enable_active_checks = false }
template Host "operator's" { vars.from_operator = true }
`,
    );
  });

  afterAll(async () => {
    await centre?.[Symbol.asyncDispose]();
  });

  test("objects of three sites come through, and their states, field by field", async () => {
    await centre.configure(`reloadEvery: 1ms, hostTemplates: ["operator's"]`);
    for (const site of ["remote1", "remote2", "remote3"]) {
      await centre.configuration(site, usualRows);
      await centre.states(site, statesAt(0, site));
    }
    const run = await centre.settle();
    expect(run.status, run.stderr).toBe(0);
    const hosts = await centre.objects("host", "display_name", "address", "groups", "vars");
    expect(hosts.get("web")).toEqual({
      display_name: "Web server",
      address: "192.0.2.1",
      groups: ["linux"],
      vars: { from_operator: true, siteferry_site: "remote1", siteferry_contacts: ["noc"] },
    });
    expect(hosts.get("r2-db ü")).toMatchObject({
      display_name: "Data Base",
      address: "2001:db8::1",
    });
    expect([...hosts.keys()].sort()).toEqual([
      "central host",
      "db ü",
      "r2-db ü",
      "r2-web",
      "r3-db ü",
      "r3-web",
      "web",
    ]);
    const services = await centre.objects(
      "service",
      "display_name",
      "groups",
      "enable_active_checks",
    );
    expect(services.size).toBe(9);
    expect(services.get("r3-web!Disk C:\\Data")).toEqual({
      display_name: "Disk $C$",
      groups: ["disks"],
      enable_active_checks: false,
    });
    const groups = await centre.objects("hostgroup", "display_name");
    expect(groups.get("linux")).toEqual({ display_name: "Linux boxes" });

    expect(await resultOf("service", "r2-web!Disk C:\\Data")).toMatchObject({
      state: 2,
      state_type: 1,
      output: "CRITICAL | remote2\nline 1 | x\nline 2",
      performance_data: ["'C:\\ used'=50%;80", "b=1"],
      execution_start: start,
      execution_end: start + 0.25,
      check_source: "remote2",
      active: false,
    });
    expect(await resultOf("host", "web")).toMatchObject({ state: 0, output: "PING remote1" });
    expect(await resultOf("host", "db ü")).toMatchObject({ state: 1, execution_start: start });
    expect(await resultOf("service", 'web!load "15"')).toMatchObject({ state: 1 });
    expect(await resultOf("service", "db ü!CPU")).toMatchObject({ state: 3, output: "" });
  });

  test("nothing new: nothing is uploaded, and no result handed over", async () => {
    const before = await uploads();
    const report = reportOf(await centre.settle());
    expect(report).toMatchObject({ results: 0, packages: 0, waitingForConfiguration: 0 });
    expect(await uploads()).toEqual(before);
  });

  test("only what was checked since is handed over, and never an older result", async () => {
    const rows = statesAt(10, "again");
    const [disk] = rows["service_states"]!;
    const rest = statesAt(0, "remote1");
    const states = { ...rest, service_states: [disk!, ...rest["service_states"]!.slice(1)] };
    await centre.states("remote1", states);
    expect(reportOf(await centre.settle())).toMatchObject({ results: 1 });
    await centre.states("remote1", statesAt(5, "late"));
    expect(reportOf(await centre.settle())).toMatchObject({ results: 4 });
    const shown = await resultOf("service", "web!Disk C:\\Data");
    expect(shown).toMatchObject({ execution_start: start + 10, output: /again/ });
  });

  test("what was changed, added and removed at a site is so at the centre; the others stay", async () => {
    const [web] = usualRows["hosts"]!;
    const rows = {
      ...usualRows,
      hosts: [{ ...web, alias: "Renamed", groups: [] }, host("added")],
      services: [service("web", 'load "15"'), service("added", "new one")],
    };
    await centre.configuration("remote1", rows);
    await centre.states("remote1", {
      host_states: [],
      service_states: [
        service("added", "new one", { state: 1, last_check: start + 20, plugin_output: "first" }),
      ],
    });
    expect(reportOf(await centre.settle())).toMatchObject({ waitingForConfiguration: 0 });
    const hosts = await centre.objects("host", "display_name");
    expect(hosts.has("db ü")).toBe(false);
    expect(hosts.get("web")).toEqual({ display_name: "Renamed" });
    expect(hosts.has("r2-db ü")).toBe(true);
    expect(await resultOf("service", "added!new one")).toMatchObject({ state: 1, output: "first" });
    expect(await resultOf("service", 'r3-web!load "15"')).toMatchObject({ output: /remote3/ });
    expect((await uploads()).length).toBeLessThanOrEqual(2);
  });

  test("a host that comes from elsewhere than the package takes no states of a site", async () => {
    const state = { state: 1, last_check: start + 21, plugin_output: "not its own" };
    await centre.states("remote1", {
      host_states: [host("central host", state)],
      service_states: [],
    });
    expect(reportOf(await centre.settle())).toMatchObject({ centreHosts: 1, results: 0 });
    expect(await resultOf("host", "central host")).not.toHaveProperty("output");
    // Nothing else comes of the site.
    const file = `${centre.path}/receiver.yaml`;
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("contacts: [noc]", "$&, feeds: [central host]"));
    expect(reportOf(await centre.settle())).toMatchObject({ centreHosts: 0, results: 1 });
    expect(await resultOf("host", "central host")).toMatchObject({ output: "not its own" });
    await writeFile(file, text);
  });

  test("results of objects that aren't there yet wait, and come with them", async () => {
    await centre.configure(`reloadEvery: 1h, hostTemplates: ["operator's"]`);
    await centre.configuration("remote3", { hosts: [...usualRows["hosts"]!, host("later")] });
    const later = { state: 1, last_check: start + 25, plugin_output: "waited" };
    await centre.states("remote3", { host_states: [host("later", later)], service_states: [] });
    for (const waits of ["the pause", "the pause still"]) {
      const report = reportOf(await centre.receive());
      expect(report, waits).toMatchObject({ packages: 0, results: 0, waitingForConfiguration: 1 });
    }
    await centre.configure(`reloadEvery: 1ms, hostTemplates: ["operator's"]`);
    expect(reportOf(await centre.settle())).toMatchObject({ waitingForConfiguration: 0 });
    const shown = { output: "waited", execution_start: start + 25 };
    expect(await resultOf("host", "r3-later")).toMatchObject(shown);
  });

  test(
    "a configuration that the core refuses is left out; other sites and all states go on",
    slow,
    async () => {
      const before = await uploads();
      // As if an operator had added a host and not reloaded yet: only the validation sees it.
      const file = `${centre.core.directory}/icinga2.conf`;
      const text = await readFile(file, "utf8");
      await writeFile(file, `${text}\nobject Host "r2-clash" { check_command = "passive" }\n`);
      const clash = [...usualRows["hosts"]!, host("clash")];
      await centre.configuration("remote2", { ...usualRows, hosts: clash });
      await centre.configuration("remote3", {
        ...usualRows,
        hosts: [...usualRows["hosts"]!, host("later"), host("good")],
      });
      await centre.states("remote2", statesAt(30, "goes on"));
      const run = await centre.receive();
      expect(run.status, run.stderr).toBe(75);
      expect(reportOf(run), run.stderr).toMatchObject({ packages: 1, results: 5 });
      const refusals = run.log.filter(({ code }) => code === "core-configuration-invalid");
      expect(refusals[0]?.["reason"]).toMatch(/r2-clash.*re-defined/);
      expect(await resultOf("host", "r2-web")).toMatchObject({ output: "PING goes on" });
      const status = async (): Promise<string> =>
        (await siteferry(["status", "--config", `${centre.path}/receiver.yaml`])).stdout;
      expect(await status()).toMatch(/^remote2 .*the core refuses its new objects\n.*re-defined/m);
      // The reload for the others brought the operator's own host up.
      const hosts = await centre.objects("host", "package");
      const packages = ["r3-good", "r2-web", "r2-clash"].map(
        (name) => hosts.get(name)?.["package"],
      );
      expect(packages).toEqual(["siteferry", "siteferry", "_etc"]);
      // It isn't offered again, and two stages stay.
      const stages = await uploads();
      expect(stages).toHaveLength(2);
      expect(stages).not.toEqual(before);
      const again = await centre.receive();
      expect(again.log.filter(({ code }) => code === "core-configuration-invalid")).toEqual([]);
      expect(await uploads()).toEqual(stages);
      // The site's host is the operator's now, so the core refuses nothing of what is left.
      expect(await status()).not.toContain("refuses");

      await writeFile(file, text);
      const renamed = [...usualRows["hosts"]!, host("clash", { alias: "changed" })];
      await centre.configuration("remote2", { ...usualRows, hosts: renamed });
      const mended = await centre.settle();
      expect(mended.status, mended.stderr).toBe(0);
    },
  );

  test("hosts and groups of the centre's own stay out of the sites' reach", slow, async () => {
    await centre.configuration("remote1", {
      ...usualRows,
      hosts: [
        ...usualRows["hosts"]!,
        host("central host"),
        host("joins", { groups: ["central group", "linux"] }),
      ],
    });
    await centre.states("remote1", {
      host_states: [
        host("central host", { state: 1, last_check: start + 40, plugin_output: "mine" }),
      ],
      service_states: [],
    });
    const run = await centre.settle();
    expect(run.status, run.stderr).toBe(0);
    const hosts = await centre.objects("host", "groups", "package", "vars");
    expect(hosts.get("joins")).toMatchObject({ groups: ["linux"] });
    expect(hosts.get("central host")).toMatchObject({ package: "_etc" });
  });

  test("hostile names and texts are text or are left out, and the core takes the rest", async () => {
    const hosts = injections.map((text, index) =>
      host(`evil-${index}`, { alias: text, display_name: text, address: text, groups: [text] }),
    );
    const named = injections.filter((text) => !isNameFault(parseHostName(text)));
    const rows = {
      hosts: [...hosts, ...named.map((name) => host(name))],
      services: [...named.map((name) => service("evil-0", name)), service("evil-0", "fine")],
      hostgroups: injections.map((name) => ({ name, alias: name })),
    };
    await centre.configuration("remote3", rows);
    const state = { state: 1, last_check: start + 50 };
    await centre.states("remote3", {
      host_states: [],
      service_states: [
        service("evil-0", "fine", {
          ...state,
          plugin_output: injections.join(" "),
          long_plugin_output: injections.join("\n"),
          perf_data: injections.join(" "),
        }),
      ],
    });
    const run = await centre.settle();
    expect(run.status, run.stderr).toBe(0);
    const shown = await centre.objects(
      "host",
      "display_name",
      "check_command",
      "vars",
      "enable_active_checks",
    );
    for (const [index, text] of injections.entries()) {
      const isText = !/[\u0000-\u001f\u2028]/.test(text);
      expect(shown.get(`r3-evil-${index}`), text).toEqual({
        display_name: isText ? text : `r3-evil-${index}`,
        check_command: "passive",
        enable_active_checks: false,
        vars: { from_operator: true, siteferry_site: "remote3" },
      });
    }
    const names = [...shown.keys()].filter((name) => name.startsWith("r3-"));
    expect(names.sort()).toEqual(
      [
        ...injections.map((_, index) => `r3-evil-${index}`),
        ...named.filter((name) => !name.includes("!")).map((name) => `r3-${name}`),
      ].sort(),
    );
    const result = await resultOf("service", "r3-evil-0!fine");
    expect(result["output"]).toContain(injections[0]);
  });

  test(
    "kill -9 of the receiver at some moment: the next run mends it",
    { timeout: 300_000 },
    async () => {
      for (let round = 0; round < 6; round += 1) {
        const extra = host(`round-${round}`);
        await centre.configuration("remote1", {
          ...usualRows,
          hosts: [...usualRows["hosts"]!, extra],
        });
        await centre.states("remote1", statesAt(100 + round, `round ${round}`));
        const running = centre.startReceive();
        running.stdout?.resume();
        running.stderr?.resume();
        await new Promise((resolve) => setTimeout(resolve, 300 + 150 * round));
        running.kill("SIGKILL");
        await once(running, "close");
        await centre.settle();
        // The dead one may have left a core that is about to reload: it is waited for, then looked at again.
        await expect
          .poll(async () => (await centre.objects("host", "name")).has(`round-${round}`), {
            timeout: 30_000,
          })
          .toBe(true);
        const run = await centre.settle();
        expect(run.status, run.stderr).toBe(0);
        expect(await resultOf("host", "web")).toMatchObject({
          output: `PING round ${round}`,
          execution_start: start + 100 + round,
        });
      }
    },
  );

  test("objects of a zone: they move there, and keep their states", async () => {
    await centre.configure("reloadEvery: 1ms, zone: siteferry-test");
    const moved = await centre.settle();
    expect(moved.status, moved.stderr).toBe(0);
    const hosts = await centre.objects("host", "zone", "package");
    expect(hosts.get("web")).toEqual({ zone: "siteferry-test", package: "siteferry" });
    expect(await resultOf("host", "web")).toMatchObject({ output: "PING round 5" });
    const again = await centre.settle();
    expect(reportOf(again)).toMatchObject({ results: 0, packages: 0 });
  });

  test(
    "a wrong authority, name or password is said, and nothing is handed over",
    { timeout: 240_000 },
    async () => {
      const { core, path } = centre;
      const file = `${path}/receiver.yaml`;
      const text = await readFile(file, "utf8");
      const wrong = `${path}/wrong-password`;
      await writeFile(wrong, "wrong", { mode: 0o600 });
      const other = await makeCertificate(path, "another-authority");
      const none = `${path}/no-permission`;
      await writeFile(none, "none", { mode: 0o600 });
      await centre.states("remote1", statesAt(200, "after the wrong ones"));
      for (const [from, to, code] of [
        [core.ca, other.certPath, "peer-unknown"],
        [`serverName: ${core.serverName}`, "serverName: another", "peer-unknown"],
        [`serverName: ${core.serverName}, `, "", "peer-unknown"],
        [core.passwordFile, wrong, "core-refused"],
        [`password: ${core.passwordFile}`, `user: unpermitted, password: ${none}`, "core-refused"],
      ] as const) {
        await writeFile(file, text.replace(from, to));
        const run = await centre.receive();
        expect(run.status, to).toBe(75);
        expect(
          run.log.map(({ code: said }) => said),
          to,
        ).toContain(code);
        expect(reportOf(run), to).toMatchObject({ results: 0 });
      }
      await writeFile(file, text);
      expect(reportOf(await centre.settle())).toMatchObject({ results: 5 });
    },
  );
});
