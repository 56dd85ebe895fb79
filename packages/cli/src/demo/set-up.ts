// What a real installation has, in one temporary directory: keys, two configuration files, the
// directory between the two sides, the core's directories.

import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "@siteferry/agent";
import { generateKey } from "@siteferry/bundle";
import { receiverSchema, type ReceiverSettings } from "@siteferry/receiver";
import { senderSchema, type SenderSettings } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";

export interface DemoSetUp {
  readonly root: string;
  readonly socket: string;
  readonly sender: SenderSettings;
  readonly receiver: ReceiverSettings;
  /** The core's check_result_path, and where the demo keeps what the core has read. */
  readonly checkResults: string;
  readonly readResults: string;
}

export async function setUpDemo(): Promise<DemoSetUp> {
  const root = await mkdtemp(join(tmpdir(), "siteferry-demo-"));
  const path = (name: string): string => join(root, name);
  for (const name of ["site", "link", "centre/checkresults", "centre/objects"]) {
    await mkdir(path(name), { recursive: true });
  }
  const { privateKey, publicLine } = await generateKey("remote1");
  await writeFile(path("site/remote1.key"), privateKey, { mode: 0o600 });
  await writeFile(path("centre/allowed_signers"), `remote1 namespaces="siteferry" ${publicLine}\n`);
  await writeFile(path("site/sender.yaml"), senderYaml(root));
  await writeFile(path("centre/receiver.yaml"), receiverYaml(root));
  return {
    root,
    socket: path("site/live"),
    sender: await readSettings(nodeFiles, path("site/sender.yaml"), senderSchema),
    receiver: await readSettings(nodeFiles, path("centre/receiver.yaml"), receiverSchema),
    checkResults: path("centre/checkresults"),
    readResults: path("centre/checkresults-read"),
  };
}

function senderYaml(root: string): string {
  return `# The remote site: reads its core, signs, publishes into a directory.
site: remote1
centre: central
livestatus: unix:${root}/site/live
key: ${root}/site/remote1.key
spool: ${root}/site/spool
transports:
  - drop: { dir: ${root}/link }
`;
}

function receiverYaml(root: string): string {
  return `# The centre: believes the keys in allowed_signers, writes for the central core.
centre: central
allowedSigners: ${root}/centre/allowed_signers
spool: ${root}/centre/spool
sites:
  remote1: { owns: ["*"], objects: { autoApprove: true } }
transports:
  - drop: { dir: ${root}/link }
targets:
  - objects: { dir: ${root}/centre/objects, core: nagios }
  - checkresults: { dir: ${root}/centre/checkresults, core: nagios }
`;
}
