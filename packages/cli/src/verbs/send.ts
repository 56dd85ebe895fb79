// siteferry send

import { openLog, readSettings } from "@siteferry/agent";
import { exitCodes } from "@siteferry/model";
import { sendAlways, senderSchema, sendOnce } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";
import type { AgentOptions } from "../agent-options.ts";

/** Exit status: 75 if a bundle waits in the outbox because its transport failed. */
export async function runSend({ config, once, logLevel }: AgentOptions): Promise<number> {
  const settings = await readSettings(nodeFiles, config, senderSchema);
  const log = await openLog({ name: "sender", level: logLevel });
  if (!once) {
    await sendAlways(settings, log);
    return 0;
  }
  const { waiting } = await sendOnce(settings, log);
  return waiting > 0 ? exitCodes.transient : 0;
}
