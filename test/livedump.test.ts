// `siteferry dump` in livedump's place: its flags and formats, and what a real Nagios makes of them.

import { once } from "node:events";
import { execFile, execFileSync } from "node:child_process";
import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatAddress, type LivestatusServer, parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { missingFor, startNagios } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteferry, startSiteferry } from "./command-line.ts";

const noNagios = missingFor("nagios");
const noOpenssl = missingFor("openssl");
const clock = { now: () => 1_795_000_000_000 };

let directory: TemporaryDirectory;
let site: LivestatusServer;
const at = (name: string): string => `${directory.path}/${name}`;

beforeAll(async () => {
  directory = await makeTemporaryDirectory("livedump");
  const { source } = makeFakeSite({ hosts: 14, servicesPerHost: 12, seed: 3, clock });
  site = await serve(parseAddress(`unix:${at("live")}`), source, { flavour: "naemon" });
});

afterAll(async () => {
  await site.close();
  await directory.remove();
});

async function dump(...flags: readonly string[]): Promise<string> {
  const run = await siteferry(["dump", "-s", `unix:${at("live")}`, ...flags]);
  expect(run.status, run.stderr).toBe(0);
  return run.stdout;
}

test("-v says on standard error what was read, and changes nothing of the dump", async () => {
  const run = await siteferry(["dump", "-v", "-s", `unix:${at("live")}`]);
  expect(run.stderr).toMatch(
    /is naemon [^]*Read 14 rows of hosts\n[^]*Read 168 rows of services\n/,
  );
  expect(run.stdout).toBe(await dump());
});

test("a dump of many pieces into a pipe says nothing on standard error, and a closed pipe ends it", async () => {
  const { source } = makeFakeSite({ hosts: 400, servicesPerHost: 20, seed: 1, clock });
  const large = await serve(parseAddress(`unix:${at("large")}`), source, { flavour: "naemon" });
  const words = ["dump", "-s", `unix:${at("large")}`];
  const run = await siteferry(words);
  expect([run.status, run.stderr]).toEqual([0, ""]);
  expect(run.stdout.length).toBeGreaterThan(2_000_000);
  const cut = startSiteferry(words);
  cut.stdout!.once("data", () => cut.stdout!.destroy());
  const complaints: Buffer[] = [];
  cut.stderr!.on("data", (chunk: Buffer) => complaints.push(chunk));
  const [status] = (await once(cut, "close")) as [number | null];
  expect([status, Buffer.concat(complaints).toString()]).toEqual([0, ""]);
  await large.close();
});

describe("state", () => {
  test("a record has livedump's keys, the check's own time, and fractions that cores can read", async () => {
    const records = (await dump()).split("\n\n").filter((record) => record !== "");
    const service = records.find((record) => record.includes("service_description=CPU load"))!;
    expect(service.split("\n").map((line) => line.split("=")[0])).toEqual([
      "host_name",
      "service_description",
      "check_type",
      "check_options",
      "scheduled_check",
      "reschedule_check",
      "early_timeout",
      "exited_ok",
      "latency",
      "start_time",
      "finish_time",
      "return_code",
      "output",
    ]);
    for (const record of records) {
      const [, seconds = "", fraction] = /^start_time=(\d+)\.(\d+)$/m.exec(record) ?? [];
      expect(Number(seconds)).toBeLessThanOrEqual(clock.now() / 1000);
      expect(fraction).toBe("0");
      expect(record).toMatch(/^finish_time=\d+\.(0|[1-9]\d{0,5})$/m);
    }
  });

  test("hosts come first, what was never checked is left out, -M and -p do as they say", async () => {
    const text = await dump("-M", "-p", "r1-");
    expect(text.startsWith("status\nhost_name=r1-")).toBe(true);
    const records = text
      .replace("status\n", "")
      .split("\n\n")
      .filter((record) => record !== "");
    const isService = records.map((record) => record.includes("service_description="));
    expect(isService.lastIndexOf(false)).toBe(isService.indexOf(true) - 1);
    // One host of 14 was never checked, with all its services; so were some services of others.
    expect(isService.filter((service) => !service)).toHaveLength(13);
    expect(isService.filter(Boolean).length).toBeLessThan(13 * 12);
    expect(text).not.toContain("host_name=r1-r1-");
  });

  test("-H, -O and -S choose objects, and can't smuggle a second request", async () => {
    const hosts = (text: string): Set<string> =>
      new Set([...text.matchAll(/^host_name=(.*)$/gm)].map(([, name]) => name!));
    expect(hosts(await dump("-H", "Filter: host_name = sw-001"))).toEqual(new Set(["sw-001"]));
    const onlyServices = await dump(
      "-O",
      "Filter: name = none",
      "-S",
      "Filter: description = PING",
    );
    expect(onlyServices.match(/^service_description=/gm)?.length).toBeGreaterThan(1);
    expect(onlyServices.replaceAll("service_description=PING", "")).not.toContain(
      "service_description",
    );
    const evil = ["-H", "Filter: name = x\n\nCOMMAND [1795000000] SHUTDOWN_PROGRAM"];
    const run = await siteferry(["dump", "-s", `unix:${at("live")}`, ...evil]);
    expect([run.status, run.stdout]).toEqual([78, ""]);
    expect(run.stderr).toContain("header-forbidden");
  });

  test("--core naemon escapes for Naemon", async () => {
    const backslashes = (text: string): string | undefined =>
      text.split("\n").find((line) => line.startsWith("output=") && line.includes("C:\\"));
    expect(backslashes(await dump("--core", "nagios"))).toContain("C:\\\\Data");
    expect(backslashes(await dump("--core", "naemon"))).toContain("C:\\Data");
  });
});

describe("configuration", () => {
  test("-C has hosts, then services, with contacts; -G has contact groups instead", async () => {
    const text = await dump("-C");
    expect(text).toMatch(/^define host \{\n {2}use {16}livedump-host\n {2}host_name {10}sw-001\n/);
    expect(text.match(/^define host \{$/gm)).toHaveLength(14);
    expect(text.match(/^define service \{$/gm)).toHaveLength(14 * 12);
    expect(text).toContain("  contacts           jörg,noc\n");
    expect(text).not.toContain("contact_groups");
    expect(text).not.toContain("icon_image");
    const groups = await dump("-C", "-G", "--include-host-icon");
    expect(groups).toContain("  contact_groups     admins\n");
    expect(groups).toContain("  icon_image         switch.png\n");
    expect(groups).not.toContain("  contacts ");
  });

  test("-T puts the templates first, -i an interval into them, -M the mode before all", async () => {
    const run = await siteferry(["dump", "-s", `unix:${at("live")}`, "-CTM", "-i", "5"], {
      environment: { OMD_SITE: "remote1" },
    });
    expect(run.stdout.startsWith("config remote1\ndefine host {\n")).toBe(true);
    expect(run.stdout.match(/check_interval +5\n/g)).toHaveLength(2);
    expect(run.stdout).toMatch(/define timeperiod \{\n {2}timeperiod_name +0x0\n/);
    expect(await dump("-C", "-T")).not.toContain("check_interval");
  });
});

describe("the socket", () => {
  test("without -s it is the OMD site's; -s wins over OMD_ROOT; without both it says so", async () => {
    const root = at("omd");
    await mkdir(`${root}/tmp/run`, { recursive: true });
    await symlink(at("live"), `${root}/tmp/run/live`);
    const inSite = await siteferry(["dump"], { environment: { OMD_ROOT: root } });
    expect([inSite.status, inSite.stdout]).toEqual([0, await dump()]);
    const elsewhere = await siteferry(["dump", "-s", `unix:${at("nowhere")}`], {
      environment: { OMD_ROOT: root },
    });
    expect([elsewhere.status, elsewhere.stderr]).toEqual([
      75,
      expect.stringContaining(at("nowhere")),
    ]);
    const neither = await siteferry(["dump"]);
    expect([neither.status, neither.stderr]).toEqual([
      78,
      expect.stringContaining("socket-unknown"),
    ]);
  });

  test("tcp gives the same", async () => {
    const { source } = makeFakeSite({ hosts: 14, servicesPerHost: 12, seed: 3, clock });
    const server = await serve({ kind: "tcp", host: "127.0.0.1", port: 0 }, source, {
      flavour: "icinga2",
    });
    const run = await siteferry(["dump", "-s", formatAddress(server.address)]);
    await server.close();
    const sorted = (text: string): string[] => text.split("\n\n").sort();
    expect(sorted(run.stdout)).toEqual(sorted(await dump()));
  });

  test.skipIf(noOpenssl !== null)(
    "tls gives the same, for a certificate of the named authority only",
    async () => {
      for (const name of ["good", "other"]) {
        execFileSync(
          "openssl",
          ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"].concat(
            ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`), "-subj", `/CN=${name}`],
            ["-addext", "subjectAltName=IP:127.0.0.1"],
          ),
          { stdio: "ignore" },
        );
      }
      const { readFileSync } = await import("node:fs");
      const tls = {
        cert: readFileSync(at("good.pem"), "utf8"),
        key: readFileSync(at("good.key"), "utf8"),
      };
      const { source } = makeFakeSite({ hosts: 14, servicesPerHost: 12, seed: 3, clock });
      const server = await serve({ kind: "tls", host: "127.0.0.1", port: 0 }, source, {
        flavour: "naemon",
        tls,
      });
      const address = formatAddress(server.address);
      const good = await siteferry(["dump", "-s", address, "--tls-ca", at("good.pem")]);
      const bad = await siteferry(["dump", "-s", address, "--tls-ca", at("other.pem")]);
      await server.close();
      expect([good.status, good.stdout]).toEqual([0, await dump()]);
      expect([bad.status, bad.stdout]).toEqual([75, ""]);
    },
  );
});

describe.skipIf(noNagios !== null)("on a real Nagios", () => {
  test("-TC loads, and the state dump sets the states, as livedump's users do it", async () => {
    await writeFile(at("dump.cfg"), await dump("-T", "-C"));
    await writeFile(at("centre.cfg"), centre);
    const objectFiles = [at("dump.cfg"), at("centre.cfg")];
    await using core = await startNagios({ objectFiles });
    await writeFile(at("state"), await dump());
    await rename(at("state"), `${core.checkResultsDirectory}/ca1b2c3`);
    await writeFile(`${core.checkResultsDirectory}/ca1b2c3.ok`, "");
    const records = (await dump()).split("\n\n").filter((record) => record !== "");
    const field = (record: string, name: string): string =>
      new RegExp(`^${name}=(.*)$`, "m").exec(record)?.[1] ?? "";
    const services = records.filter((record) => field(record, "service_description") !== "");
    const key = (record: string): string =>
      `${field(record, "host_name")};${field(record, "service_description")}`;
    const status = await core.waitUntil("the dumped states", (now) =>
      services.every((record) => now.services.get(key(record))?.["has_been_checked"] === "1"),
    );
    for (const record of services) {
      const shown = status.services.get(key(record))!;
      expect(shown["current_state"], key(record)).toBe(field(record, "return_code"));
      expect(`${shown["last_check"]}.0`, key(record)).toBe(field(record, "start_time"));
    }
    const checked = [...status.services].filter(([, shown]) => shown["has_been_checked"] === "1");
    expect(checked).toHaveLength(services.length);
  });
});

/** What a centre has before livedump's users feed it. */
const centre = `
define host {
  name               check_mk_default
  register           0
  max_check_attempts 1
  check_period       testkit-always
}
define command {
  command_name check-host-alive
  command_line /bin/true
}
${["jörg", "noc"]
  .map(
    (name) => `define contact {
  contact_name                  ${name}
  host_notification_period      testkit-always
  service_notification_period   testkit-always
  host_notification_options     n
  service_notification_options  n
  host_notification_commands    testkit-true
  service_notification_commands testkit-true
}
`,
  )
  .join("")}${["switches", "web-servers", "databases", "windows", "mail", "büro"]
  .map(
    (name) => `define hostgroup {
  hostgroup_name ${name}
}
`,
  )
  .join("")}${["disks", "network"]
  .map(
    (name) => `define servicegroup {
  servicegroup_name ${name}
}
`,
  )
  .join("")}`;

interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

describe("under the name of livedump", () => {
  const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
  const livedump = async (flags: readonly string[], environment = {}): Promise<Ended> =>
    await new Promise((resolve) => {
      const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...environment };
      execFile(at("bin/livedump"), flags, { env }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : error.code, stdout, stderr });
      });
    });

  /** A link to the executable itself, and one to the script of the README's set-up. */
  const links = {
    async executable() {
      await symlink(bin, at("bin/livedump"));
    },
    async script() {
      const [, script = ""] = /printf '(#!\/bin\/sh\\n[^']*)'/.exec(
        await readFile(join(dirname(bin), "../../../README.md"), "utf8"),
      )!;
      const text = script
        .replaceAll("\\n", "\n")
        .replace("/opt/siteferry/node_modules/.bin/node", process.execPath)
        .replace("%s", bin);
      await writeFile(at("bin/siteferry"), text, { mode: 0o755 });
      await symlink("siteferry", at("bin/livedump"));
    },
  };

  test.each(["executable", "script"] as const)("a link to the %s dumps", async (kind) => {
    await rm(at("bin"), { recursive: true, force: true });
    await mkdir(at("bin"));
    await links[kind]();
    const socket = ["-s", `unix:${at("live")}`];
    const good = await livedump([...socket, "-M"]);
    expect([good.status, good.stderr]).toEqual([0, ""]);
    expect(good.stdout).toBe(await dump("-M"));
    const config = await livedump([...socket, "-TCM"], { OMD_SITE: "prod" });
    expect(config.stdout).toMatch(/^config prod\ndefine host \{/);
  });

  test("it ends as livedump does: 2 for its flags, else 1 and one line", async () => {
    expect(await livedump(["--nonsense"])).toMatchObject({ status: 2, stdout: "" });
    const nowhere = await livedump(["-s", `unix:${at("nowhere")}`]);
    expect(nowhere).toMatchObject({ status: 1, stdout: "" });
    expect(nowhere.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(await livedump([])).toMatchObject({ status: 1, stdout: "" });
    const debug = await livedump(["--debug", "-s", `unix:${at("nowhere")}`]);
    expect(debug.stderr).toContain("\n    at ");
    expect(await livedump(["-V"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^This is livedump .*\n$/) as string,
    });
    expect(await livedump(["-h"])).toMatchObject({ status: 0 });
  });
});
