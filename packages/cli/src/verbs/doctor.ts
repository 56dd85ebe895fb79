// siteferry doctor: what goes wrong in practice, looked for, with what to do.

import { existsSync } from "node:fs";
import { doctorReport, doctorStatus, type NamedFinding, openLog } from "@siteferry/agent";
import { FerryError } from "@siteferry/model";

export interface DoctorOptions {
  readonly config?: string;
  readonly json: boolean;
  /** The main file of the core at the centre. */
  readonly coreConfig?: string;
}

type Agent = "sender" | "receiver";

const usualPaths: Readonly<Record<Agent, string>> = {
  sender: "/etc/siteferry/sender.yaml",
  receiver: "/etc/siteferry/receiver.yaml",
};

const lingerMs = 500;

/** Exit status: 0 all is well, 1 warnings, 2 failures. */
export async function runDoctor(name: string | undefined, options: DoctorOptions): Promise<number> {
  const { config, json, coreConfig } = options;
  const agent = agentOf(name, config);
  const path = config ?? usualPaths[agent];
  const findings = await diagnose(agent, path, coreConfig);
  const text = json ? JSON.stringify(findings, null, 2) : doctorReport(findings);
  process.stdout.write(`${text}\n`);
  const status = doctorStatus(findings);
  // What hangs still would keep the process; unreferenced, the timer doesn't.
  // oxlint-disable-next-line unicorn/no-process-exit -- nothing else ends a connection that hangs
  setTimeout(() => process.exit(status), lingerMs).unref();
  return status;
}

async function diagnose(
  agent: Agent,
  path: string,
  coreConfig: string | undefined,
): Promise<readonly NamedFinding[]> {
  const log = await openLog({ name: "doctor", level: "silent" });
  if (agent === "receiver") {
    const { diagnoseReceiver } = await import("@siteferry/receiver");
    return await diagnoseReceiver({ path, coreConfig }, log);
  }
  const { diagnoseSender } = await import("@siteferry/sender");
  return await diagnoseSender(path, log);
}

/** Without a word it is the one whose settings lie where they belong. */
function agentOf(name: string | undefined, config: string | undefined): Agent {
  if (name === "sender" || name === "receiver") return name;
  const there = (["sender", "receiver"] as const).filter((agent) =>
    config === undefined ? existsSync(usualPaths[agent]) : config.endsWith(`${agent}.yaml`),
  );
  const [one] = there;
  if (name === undefined && one !== undefined && there.length === 1) return one;
  throw new FerryError("usage-wrong", "Say whom to look at: siteferry doctor sender|receiver");
}
