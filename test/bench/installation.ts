// What both agents need for one round: configuration, key, link and the core's directories, all new,
// so that each round begins as the first.

import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { generateKey } from "@siteferry/bundle";

export interface Installation {
  readonly senderFile: string;
  /** Takes the newest keyframe alone, and hands its states to an empty core. */
  readonly statesFile: string;
  /** Takes the configuration and the first keyframe, and renders objects, too. */
  readonly allFile: string;
  /** Between the sender's runs: hands what was published to the receiver of `allFile`. */
  passOn(): Promise<void>;
}

export async function makeInstallation(root: string, socketPath: string): Promise<Installation> {
  for (const name of ["link", "link-all", "results", "results-all", "objects"]) {
    await mkdir(`${root}/${name}`, { recursive: true });
  }
  const { privateKey, publicLine } = await generateKey("bench");
  await writeFile(`${root}/key`, privateKey, { mode: 0o600 });
  await writeFile(`${root}/allowed_signers`, `bench namespaces="siteferry" ${publicLine}\n`);
  await writeFile(`${root}/sender.yaml`, senderYaml(root, socketPath));
  const results = (name: string): string =>
    `  - checkresults: { dir: ${root}/${name}, core: nagios }\n`;
  await writeFile(`${root}/states.yaml`, receiverYaml(root, "link") + results("results"));
  const objects = `  - objects: { dir: ${root}/objects, core: nagios }\n`;
  const all = receiverYaml(root, "link-all") + objects + results("results-all");
  await writeFile(`${root}/all.yaml`, all);
  return {
    senderFile: `${root}/sender.yaml`,
    statesFile: `${root}/states.yaml`,
    allFile: `${root}/all.yaml`,
    async passOn() {
      for (const name of await readdir(`${root}/link`)) {
        await rename(`${root}/link/${name}`, `${root}/link-all/${name}`);
      }
    },
  };
}

function senderYaml(root: string, socketPath: string): string {
  return `site: bench
centre: central
livestatus: unix:${socketPath}
key: ${root}/key
spool: ${root}/sender
transports:
  - drop: { dir: ${root}/link }
`;
}

function receiverYaml(root: string, linkName: string): string {
  return `centre: central
allowedSigners: ${root}/allowed_signers
spool: ${root}/receiver-${linkName}
sites:
  bench: {}
transports:
  - drop: { dir: ${root}/${linkName} }
targets:
`;
}
