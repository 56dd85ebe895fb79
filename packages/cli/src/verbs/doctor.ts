// siteferry doctor: what goes wrong in practice, looked for, with what to do.

import {
  doctorReport,
  doctorStatus,
  type NamedFinding,
  openLog,
  openProgress,
  painterFor,
} from "@siteferry/agent";
import { FerryError } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { type Agent, agents } from "../agent-options.ts";
import { explainClosed } from "../closed-directory.ts";

export interface DoctorOptions {
  readonly config?: string;
  readonly json: boolean;
  /** What is well, and what there is nothing to say of, isn't said. */
  readonly quiet: boolean;
  /** The main file of the core at the centre. */
  readonly coreConfig?: string;
}

const usualPaths: Readonly<Record<Agent, string>> = {
  sender: "/etc/siteferry/sender.yaml",
  receiver: "/etc/siteferry/receiver.yaml",
};

const lingerMs = 500;

/** Exit status: 0 all is well, 1 warnings, 2 failures. */
export async function runDoctor(name: Agent | undefined, options: DoctorOptions): Promise<number> {
  const { config, coreConfig, quiet } = options;
  const agent = await agentOf(name, config);
  const path = config ?? usualPaths[agent];
  const findings = await diagnose(agent, path, coreConfig, quiet);
  process.stdout.write(textOf(findings, options));
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
  isQuiet: boolean,
): Promise<readonly NamedFinding[]> {
  using progress = openProgress(!isQuiet);
  const log = await openLog({ name: "doctor", level: "silent" });
  if (agent === "receiver") {
    const { diagnoseReceiver } = await import("@siteferry/receiver");
    return await diagnoseReceiver({ path, coreConfig }, log, progress);
  }
  const { diagnoseSender } = await import("@siteferry/sender");
  return await diagnoseSender(path, log, progress);
}

function textOf(findings: readonly NamedFinding[], { json, quiet }: DoctorOptions): string {
  if (json) return `${JSON.stringify(findings, null, 2)}\n`;
  const wrong = findings.filter(({ verdict }) => verdict === "warning" || verdict === "fail");
  if (quiet && wrong.length === 0) return "";
  return `${doctorReport(quiet ? wrong : findings, painterFor(process.stdout))}\n`;
}

/** Without a word it is the one whose settings lie where they belong. */
async function agentOf(name: Agent | undefined, config: string | undefined): Promise<Agent> {
  if (name !== undefined) return name;
  const there: Agent[] = [];
  for (const agent of agents) {
    const isThere =
      config === undefined ? await exists(usualPaths[agent]) : config.endsWith(`${agent}.yaml`);
    if (isThere) there.push(agent);
  }
  const [one] = there;
  if (one !== undefined && there.length === 1) return one;
  throw new FerryError("usage-wrong", "Say whom to look at: siteferry doctor sender|receiver");
}

async function exists(path: string): Promise<boolean> {
  const status = await nodeFiles.status(path).catch(async (error: unknown) => {
    throw await explainClosed(
      error,
      (_directory, _user, owner) => `Run it as its user: runuser -u ${owner} -- siteferry doctor`,
    );
  });
  return status !== null;
}
