// What the target `commands` needs of the real world: the core's Livestatus, its command file, time.

import { setTimeout as sleep } from "node:timers/promises";
import type { LivestatusClient, TlsOptions } from "@siteferry/livestatus";
import { type CommandFile, openCommandFile } from "./command-file.ts";

export interface CommandsWorld {
  /** @param address as in the settings. @throws FerryError `livestatus-unreachable` and others */
  connect(address: string, tls: TlsOptions, timeoutMs: number): Promise<LivestatusClient>;
  /** Null: no core reads it. */
  openCommandFile(path: string): Promise<CommandFile | null>;
  wait(milliseconds: number): Promise<void>;
}

export const realCommandsWorld: CommandsWorld = {
  async connect(address, tls, timeoutMs) {
    // Only who has such a target loads the client.
    const { connect, parseAddress } = await import("@siteferry/livestatus");
    const options = { connectTimeoutMs: timeoutMs, answerTimeoutMs: timeoutMs, tls };
    return await connect(parseAddress(address), options);
  },
  openCommandFile,
  async wait(milliseconds) {
    await sleep(milliseconds);
  },
};
