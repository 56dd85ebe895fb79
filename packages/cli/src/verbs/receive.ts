// siteferry receive

import { openLog, openProgress, readSettings } from "@siteferry/agent";
import { exitCodes, explain, FerryError, type Log, parseSiteId } from "@siteferry/model";
import { receiveArrival, receiverSchema, type ReceiverSettings } from "@siteferry/receiver/arrival";
import { nodeFiles } from "@siteferry/spool";
import type { AgentOptions } from "../agent-options.ts";
import { printFailure } from "../failure.ts";

export interface ReceiveOptions extends AgentOptions {
  /** The site that speaks on standard input. */
  readonly stdin?: string;
  /** A mail server speaks on standard input; with livedump for the site that is named. */
  readonly mail?: true | string;
  readonly format: "bundle" | "livedump";
}

/** Exit status: 75 if something has to be tried again, 76 if something was refused. */
export async function runReceive(options: ReceiveOptions): Promise<number> {
  const { config, once, logLevel, quiet, stdin, mail, format } = options;
  if (format === "livedump") {
    const { runReceiveLivedump } = await import("./receive-livedump.ts");
    return await runReceiveLivedump(options);
  }
  if (mail !== undefined) return await takeMail(options);
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  if (stdin !== undefined) {
    const log = await openLog({ name: "receiver", level: logLevel });
    return await receiveStdin(settings, log, stdin);
  }
  using progress = openProgress(once && !quiet);
  const log = await openLog({ name: "receiver", level: logLevel, progress });
  const { receiveAlways, receiveOnce } = await import("@siteferry/receiver");
  if (!once) {
    await receiveAlways(settings, log);
    return 0;
  }
  const { failed, refused } = await receiveOnce(settings, log, progress);
  return failed > 0 ? exitCodes.transient : refused > 0 ? exitCodes.refused : 0;
}

/** For sshd and its kin: one bundle on standard input, the receipt on standard output. */
async function receiveStdin(settings: ReceiverSettings, log: Log, name: string): Promise<number> {
  const site = parseSiteId(name);
  if (site === null || !Object.hasOwn(settings.sites, site)) {
    throw new FerryError("site-not-configured", `receiver.yaml has no site "${name}"`);
  }
  const receipt = await receiveArrival(settings, log, site, process.stdin);
  if (receipt !== null) process.stdout.write(receipt);
  return 0;
}

/** A mail server gives mail back to its sender with any status but 0 and 75. */
async function takeMail({ config, logLevel, mail }: ReceiveOptions): Promise<number> {
  if (typeof mail === "string") {
    throw new FerryError("usage-wrong", "--mail takes a site only with --format livedump");
  }
  try {
    const settings = await readSettings(nodeFiles, config, receiverSchema);
    const log = await openLog({ name: "receiver", level: logLevel });
    const { receiveMail } = await import("@siteferry/receiver");
    await receiveMail(settings, log, process.stdin);
    return 0;
  } catch (error) {
    const failure = explain(error, "Taking mail in");
    if (failure.code === "file-unsuitable" || failure.code === "bundle-too-large") throw failure;
    printFailure(failure, null);
    return exitCodes.transient;
  }
}
