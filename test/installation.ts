// A sender and a receiver as an operator sets them up: keys by `siteferry keygen`, YAML files, a
// directory between them.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { type Run, siteferry } from "./command-line.ts";

export interface Installation extends AsyncDisposable {
  readonly path: string;
  readonly senderYaml: string;
  readonly receiverYaml: string;
  /** The directory between the two. */
  readonly link: string;
  readonly objects: string;
  send(): Promise<Run>;
  receive(): Promise<Run>;
}

export interface InstallationOptions {
  /** As in sender.yaml. */
  readonly livestatus: string;
  /** The core's directory; by default one inside the installation. */
  readonly checkResults?: string;
  readonly objectCache?: string;
  readonly objects?: string;
}

export async function install(options: InstallationOptions): Promise<Installation> {
  const directory: TemporaryDirectory = await makeTemporaryDirectory("whole");
  const at = (name: string): string => `${directory.path}/${name}`;
  const { livestatus, checkResults = at("checkresults"), objects = at("objects") } = options;
  for (const path of [at("link"), objects, checkResults]) await mkdir(path, { recursive: true });
  const keygen = await siteferry(["keygen", at("remote1.key"), "--comment", "remote1"]);
  await writeFile(at("allowed_signers"), keygen.stdout.split("\n").at(-2) ?? "");
  const cache = options.objectCache === undefined ? "" : `, objectCache: ${options.objectCache}`;
  await writeFile(
    at("sender.yaml"),
    `site: remote1
centre: central
livestatus: ${livestatus}
answerTimeout: 2s
key: ${at("remote1.key")}
spool: ${at("spool")}
transports:
  - drop: { dir: ${at("link")} }
`,
  );
  await writeFile(
    at("receiver.yaml"),
    `centre: central
allowedSigners: ${at("allowed_signers")}
spool: ${at("spool")}
sites:
  remote1: { contacts: [testkit-nobody], objects: { autoApprove: true } }
transports:
  - drop: { dir: ${at("link")} }
targets:
  - objects: { dir: ${objects}, core: nagios }
  - checkresults: { dir: ${checkResults}, core: nagios${cache} }
`,
  );
  return {
    path: directory.path,
    senderYaml: at("sender.yaml"),
    receiverYaml: at("receiver.yaml"),
    link: at("link"),
    objects,
    send: () => siteferry(["send", "--once", "--config", at("sender.yaml")]),
    receive: () => siteferry(["receive", "--once", "--config", at("receiver.yaml")]),
    [Symbol.asyncDispose]: directory.remove,
  };
}

/** The centre gets a key that signs receipts, and the site believes it. */
export async function readyForReceipts({
  path,
  senderYaml,
  receiverYaml,
}: Installation): Promise<void> {
  const { stdout } = await siteferry(["keygen", `${path}/central.key`, "--comment", "central"]);
  await writeFile(`${path}/centre_keys`, stdout.split("\n").at(-2) ?? "");
  await writeFile(
    senderYaml,
    `centreKeys: ${path}/centre_keys\n${await readFile(senderYaml, "utf8")}`,
  );
  await writeFile(
    receiverYaml,
    `key: ${path}/central.key\n${await readFile(receiverYaml, "utf8")}`,
  );
}

/** The last log line of a run: its report. */
export function reportOf(run: Run): Readonly<Record<string, unknown>> {
  const report = run.log.at(-1);
  if (report === undefined) throw new Error(`No report (status ${run.status}): ${run.stderr}`);
  return report;
}
