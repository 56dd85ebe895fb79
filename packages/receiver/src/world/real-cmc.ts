// What the target `cmc` needs of the real world: commands, and the core's Livestatus.

import { type RunCommand, runCommand } from "@siteferry/agent";
import type { LivestatusClient } from "@siteferry/livestatus";

export interface CmcWorld {
  readonly runCommand: RunCommand;
  /** @param address as in the settings. @throws FerryError `livestatus-unreachable` and others */
  connect(address: string): Promise<LivestatusClient>;
}

export const realCmcWorld: CmcWorld = {
  runCommand,
  async connect(address) {
    // Only who has such a core loads the client.
    const { connect, parseAddress } = await import("@siteferry/livestatus");
    return await connect(parseAddress(address));
  },
};
