// What both agents need for one round: configuration, key, link and the core's directories, all new,
// so that each round begins as the first.

import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { generateKey } from "@siteferry/bundle";

export interface Installation {
  readonly senderFile: string;
  /** Takes the keyframe alone, then the delta, and hands their states to a core. */
  readonly statesFile: string;
  /** Takes the configuration and the keyframe, and renders objects, too. */
  readonly allFile: string;
  /** After the sender's first run: hands both receivers what they begin with. */
  passKeyframe(): Promise<void>;
  /** Takes the empty delta off the link. */
  takeHeartbeat(): Promise<void>;
  /** Hands the delta that was sent last to the receiver of `statesFile`, whose core has read all. */
  passDelta(): Promise<void>;
}

export async function makeInstallation(root: string, socketPath: string): Promise<Installation> {
  const directories = [
    "link",
    "link-states",
    "link-all",
    "results",
    "results-all",
    "objects",
    "sent",
  ];
  for (const name of directories) await mkdir(`${root}/${name}`, { recursive: true });
  const { privateKey, publicLine } = await generateKey("bench");
  await writeFile(`${root}/key`, privateKey, { mode: 0o600 });
  await writeFile(`${root}/allowed_signers`, `bench namespaces="siteferry" ${publicLine}\n`);
  await writeFile(`${root}/sender.yaml`, senderYaml(root, socketPath));
  const results = (name: string): string =>
    `  - checkresults: { dir: ${root}/${name}, core: nagios }\n`;
  await writeFile(`${root}/states.yaml`, receiverYaml(root, "link-states") + results("results"));
  const objects = `  - objects: { dir: ${root}/objects, core: nagios }\n`;
  const all = receiverYaml(root, "link-all") + objects + results("results-all");
  await writeFile(`${root}/all.yaml`, all);
  /** Keeps what was sent as `sent/NAME`, for its size. */
  const sent = async (kind: string, keepAs: string): Promise<string> => {
    const names = await readdir(`${root}/link`);
    const name = names.find((each) => each.endsWith(`.${kind}.ferry`));
    if (name === undefined) throw new Error(`the sender made no ${kind}, but ${names.join(", ")}`);
    await copyFile(`${root}/link/${name}`, `${root}/sent/${keepAs}`);
    return name;
  };
  return {
    senderFile: `${root}/sender.yaml`,
    statesFile: `${root}/states.yaml`,
    allFile: `${root}/all.yaml`,
    async passKeyframe() {
      await sent("config", "config");
      const keyframe = await sent("keyframe", "keyframe");
      await copyFile(`${root}/link/${keyframe}`, `${root}/link-states/${keyframe}`);
      for (const name of await readdir(`${root}/link`)) {
        await rename(`${root}/link/${name}`, `${root}/link-all/${name}`);
      }
    },
    async takeHeartbeat() {
      await rm(`${root}/link/${await sent("delta", "heartbeat")}`);
    },
    async passDelta() {
      await rm(`${root}/results`, { recursive: true });
      await mkdir(`${root}/results`);
      const delta = await sent("delta", "delta");
      await rename(`${root}/link/${delta}`, `${root}/link-states/${delta}`);
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
  bench: { objects: { autoApprove: true } }
transports:
  - drop: { dir: ${root}/${linkName} }
targets:
`;
}
