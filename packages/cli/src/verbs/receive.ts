// siteferry receive

import { openLog, readSettings } from "@siteferry/agent";
import { exitCodes } from "@siteferry/model";
import { receiveAlways, receiveOnce, receiverSchema } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import type { AgentOptions } from "../agent-options.ts";

/** Exit status: 75 if something has to be tried again, 76 if something was refused. */
export async function runReceive({ config, once, logLevel }: AgentOptions): Promise<number> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  const log = await openLog({ name: "receiver", level: logLevel });
  if (!once) {
    await receiveAlways(settings, log);
    return 0;
  }
  const { failed, refused } = await receiveOnce(settings, log);
  return failed > 0 ? exitCodes.transient : refused > 0 ? exitCodes.refused : 0;
}
