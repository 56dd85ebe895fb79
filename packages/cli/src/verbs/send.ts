// siteferry send

import { openLog, openProgress, readSettings } from "@siteferry/agent";
import { exitCodes } from "@siteferry/model";
import { sendAlways, senderSchema, sendOnce } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";
import type { AgentOptions } from "../agent-options.ts";

/** Exit status: 75 if a bundle waits in the outbox because its transport failed. */
export async function runSend({ config, once, logLevel, quiet }: AgentOptions): Promise<number> {
  const settings = await readSettings(nodeFiles, config, senderSchema);
  using progress = openProgress(once && !quiet);
  const log = await openLog({ name: "sender", level: logLevel, progress });
  if (!once) {
    await sendAlways(settings, log);
    return 0;
  }
  const { waiting } = await sendOnce(settings, log, progress);
  return waiting > 0 ? exitCodes.transient : 0;
}
