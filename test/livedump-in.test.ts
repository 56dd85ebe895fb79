// One end at a time: what Checkmk's livedump sends, and what siteferry sends in its place, into a
// receiver and from there into a real Nagios; and siteferry's dump into a stand-in of livedump-ssh-recv.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor, startNagios } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { type Run, siteferry } from "./command-line.ts";
import { reportOf } from "./installation.ts";

const noNagios = missingFor("nagios");
const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));

interface Centre extends AsyncDisposable {
  readonly path: string;
  /** `receive` with these parameters, and this on standard input. */
  feed(parameters: readonly string[], input: string | Uint8Array): Promise<Run>;
  receive(): Promise<Run>;
}

/** As docs/livedump.md says: the centre's own key may sign for the site. */
async function makeCentre(
  site = "livedump: true",
  target: Partial<Record<"objects" | "results", string>> = {},
): Promise<Centre> {
  const directory = await makeTemporaryDirectory("livedump-in");
  const at = (name: string): string => `${directory.path}/${name}`;
  const { results = at("results"), objects: rendered = at("objects") } = target;
  for (const path of [rendered, results]) await mkdir(path, { recursive: true });
  const { stdout } = await siteferry(["keygen", at("central.key"), "--comment", "remote1"]);
  await writeFile(at("allowed_signers"), stdout.split("\n").at(-2)!);
  await writeFile(
    at("receiver.yaml"),
    `centre: central
key: ${at("central.key")}
allowedSigners: ${at("allowed_signers")}
spool: ${at("spool")}
sites:
  remote1: { ${site} }
targets:
  - objects: { dir: ${rendered}, core: nagios }
  - checkresults: { dir: ${results}, core: nagios }
`,
  );
  const config = ["--config", at("receiver.yaml")];
  return {
    path: directory.path,
    feed: (parameters, input) =>
      run(process.execPath, [bin, "receive", ...config, ...parameters], input),
    receive: () => siteferry(["receive", "--once", ...config]),
    [Symbol.asyncDispose]: directory.remove,
  };
}

const livedump = ["--stdin", "remote1", "--format", "livedump"];

async function run(
  command: string,
  parameters: readonly string[],
  input: string | Uint8Array,
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const child = spawn(command, parameters, { env: { ...process.env, ...environment } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [status] = (await once(child, "close")) as [number | null];
  return {
    status,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    log: [],
  };
}

/** As Checkmk's livedump writes it: all times are the dump's, what was never checked is OK. */
const record = (name: string, service: string, code: number, output: string, at: number): string =>
  `host_name=${name}
${service === "" ? "" : `service_description=${service}\n`}check_type=1
check_options=0
reschedule_check
latency=0.13
start_time=${at}.5
finish_time=${at}.5
return_code=${code}
output=${output}

`;

const statesAt = (at: number, load = "WARN - load 7|load1=7;5;10"): string =>
  [
    "status\n",
    record("web1", "", 0, "PING OK - rta 1 ms|rta=1ms", at),
    record("new1", "", 0, "|", at),
    record("web1", "CPU load", 1, load, at),
    record("web1", "Disk C:\\Data", 2, "CRIT - C:\\new\\temp|'C:\\new'=9%;5;8 'C:\\", at),
    record("web1", "Never", 0, "|", at),
  ].join("");

const hostObject = (name: string): string => `define host {
  use                livedump-host
  host_name          ${name}
  alias              ${name} of the site
  address            10.0.0.1
  host_groups        linux
  check_command      check-mk-host-ping!-w 200
  max_check_attempts 3
  contact_groups     all
}

`;
const serviceObject = (description: string): string => `define service {
  use                livedump-service
  host_name          web1
  description        ${description}
  
  check_command      check-livedump
  contacts           hh
  max_check_attempts 1
}

`;
const templates = `define host {
    name                    livedump-host
    use                     check_mk_default
    register                0
    active_checks_enabled   0
    passive_checks_enabled  1
}

define command {
    command_name            check-livedump
    command_line            echo "WARN - You did an active check, but this check is passive" ; exit 1
}

`;
const objects = [
  "config prod\n",
  templates,
  hostObject("web1"),
  hostObject("new1"),
  ...["CPU load", "Disk C:\\Data", "Never"].map(serviceObject),
].join("");

const now = (): number => Math.floor(Date.now() / 1000);
const mail = (body: string, subject = "status"): string =>
  `From: monitor@remote1.example\nSubject: ${subject}\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 8bit\n\n${body}`;

describe.skipIf(noNagios !== null)("in a real Nagios", () => {
  test.each(["stdin", "mail"])(
    "what livedump sends by %s shows; what was never checked stays pending",
    async (link) => {
      await using directory = await makeTemporaryDirectory("objects");
      await using core = await startNagios({ objectDirectories: [directory.path] });
      await using centre = await makeCentre("livedump: true, contacts: [testkit-nobody]", {
        objects: directory.path,
        results: core.checkResultsDirectory,
      });
      const feed = async (text: string): Promise<void> => {
        const parameters = [`--${link}`, "remote1", "--format", "livedump"];
        const { status, stdout, stderr } = await centre.feed(
          parameters,
          link === "mail" ? mail(text) : text,
        );
        expect([status, stdout], stderr).toEqual([0, ""]);
        const received = await centre.receive();
        expect([received.status, reportOf(received)["accepted"]], received.stderr).toEqual([0, 1]);
      };
      await feed(objects);
      await core.reload();
      const at = now();
      await feed(statesAt(at));
      const { hosts, services } = await core.waitUntil("the states", (status) =>
        ["CPU load", "Disk C:\\Data"].every(
          (name) => status.services.get(`web1;${name}`)?.["has_been_checked"] === "1",
        ),
      );
      const shown = { last_check: String(at), has_been_checked: "1" };
      expect(hosts.get("web1")).toMatchObject({ ...shown, current_state: "0" });
      expect(services.get("web1;CPU load")).toMatchObject({
        ...shown,
        current_state: "1",
        plugin_output: "WARN - load 7",
        performance_data: "load1=7;5;10",
      });
      expect(services.get("web1;Disk C:\\Data")).toMatchObject({
        ...shown,
        current_state: "2",
        plugin_output: "CRIT - C:\\new\\temp",
        performance_data: "'C:\\new'=9%;5;8 'C:\\",
      });
      for (const pending of [hosts.get("new1"), services.get("web1;Never")]) {
        expect(pending).toMatchObject({ has_been_checked: "0", plugin_output: "" });
      }
    },
  );
});
