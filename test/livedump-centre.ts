// A receiver that takes livedump, set up as docs/livedump.md says; texts as Checkmk's livedump writes
// them; and a stand-in of its livedump-ssh-recv.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ownSigner, readHeader, unpack, verify } from "@siteferry/bundle";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { type Run, siteferry } from "./command-line.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));

export interface Centre extends AsyncDisposable {
  readonly path: string;
  /** `receive` with these parameters, and this on standard input; `under` strace. */
  feed(
    parameters: readonly string[],
    input: string | Uint8Array,
    under?: readonly string[],
  ): Promise<Run>;
  receive(): Promise<Run>;
  /** What came through the door, the oldest number first. */
  arrivals(): Promise<readonly Bundle[]>;
}

export interface Bundle {
  readonly name: string;
  /** By table. */
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

/** As docs/livedump.md says: the centre's own key may sign for the site. */
export async function makeCentre(
  site: string = "livedump: true",
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
  remote1: { objects: { autoApprove: true }, ${site} }
targets:
  - objects: { dir: ${rendered}, core: nagios }
  - checkresults: { dir: ${results}, core: nagios }
`,
  );
  const config = ["--config", at("receiver.yaml")];
  return {
    path: directory.path,
    async feed(parameters, input, under = []) {
      const command = [process.execPath, bin, "receive", ...config, ...parameters];
      const [program = "", ...rest] = [...under, ...command];
      // strace counts the calls of each thread by itself.
      const environment = { UV_THREADPOOL_SIZE: "1", UV_USE_IO_URING: "0" };
      return await run(program, rest, input, under.length === 0 ? {} : environment);
    },
    receive: () => siteferry(["receive", "--once", ...config]),
    arrivals: () => bundlesIn(at("spool/receiver/arrivals")),
    [Symbol.asyncDispose]: directory.remove,
  };
}

export async function bundlesIn(dir: string): Promise<readonly Bundle[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith(".ferry")).sort();
  const bundles: Bundle[] = [];
  for (const name of names) {
    const bytes = await readFile(`${dir}/${name}`);
    const { unverified } = readHeader(bytes);
    const trust = { centre: unverified.recipient, signers: ownSigner(bytes), nowMs: Date.now() };
    const opened = await unpack(await verify(bytes, trust));
    const content =
      opened.kind === "config"
        ? opened.configuration
        : opened.kind === "keyframe"
          ? opened.states
          : {};
    bundles.push({ name, tables: content });
  }
  return bundles;
}

export const livedump: readonly string[] = ["--stdin", "remote1", "--format", "livedump"];

export async function run(
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

export const statesAt = (at: number, load: string = "WARN - load 7|load1=7;5;10"): string =>
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
export const objects: string = [
  "config prod\n",
  templates,
  hostObject("web1"),
  hostObject("new1"),
  ...["CPU load", "Disk C:\\Data", "Never"].map(serviceObject),
].join("");

export const now = (): number => Math.floor(Date.now() / 1000);
export const mail = (body: string, subject: string = "status"): string =>
  `From: monitor@remote1.example\nSubject: ${subject}\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 8bit\n\n${body}`;

/** What livedump-ssh-recv does by its own description (docs/facts.md), in a shell. */
export const sshReceiver: string = `
IFS= read -r mode
case $mode in
status*)
  file=$(mktemp "$OMD_ROOT/tmp/nagios/checkresults/cXXXXXX") && cat > "$file" && : > "$file.ok" ;;
config*)
  ident=$(printf %s "\${mode#config}" | sed 's/^ *//; s/ *$//; s,[/.],_,g')
  cat > "$OMD_ROOT/etc/nagios/conf.d/remote-$ident.cfg" ;;
*) echo "ERROR: Invalid mode" >&2; exit 1 ;;
esac`;
