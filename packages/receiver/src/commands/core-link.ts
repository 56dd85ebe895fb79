// A core at the centre, opened for a run: where is read what it has, and where commands go in. Nothing is
// connected before it is needed.

import { readTlsFiles } from "@siteferry/agent";
import type { LivestatusClient } from "@siteferry/livestatus";
import { FerryError, limits, printable, type World } from "@siteferry/model";
import type { CommandsSettings } from "../commands-settings.ts";
import type { CommandsWorld } from "../world/real-commands.ts";
import type { CentreReader } from "./picture.ts";
import {
  commandFileSink,
  type CommandSink,
  type Lanes,
  livestatusSink,
  sendPaced,
  type Taken,
} from "./sinks.ts";
import { livestatusReader } from "./view-livestatus.ts";
import { statusFileReader } from "./view-status-file.ts";

export interface CoreLink extends CentreReader {
  /** Changes when the core shows something new; "" if only asking tells. */
  stamp(): Promise<string>;
  /** Paced; see {@link sendPaced}. */
  send(lines: readonly string[], taken: Taken): Promise<void>;
  close(): Promise<void>;
}

export function openCoreLink(
  world: World,
  settings: CommandsSettings,
  outside: CommandsWorld,
  wants: ((variable: string) => boolean) | null,
): CoreLink {
  const { pace, timeout: timeoutMs } = settings;
  const { wait } = outside;
  const { clock } = world;
  const pacing = { clock, wait, pace, timeoutMs, runMs: limits.commandsMsMax };
  let spentMs = 0;
  // One core's sites share the time of a run: a slow core must not keep the other targets waiting.
  const send = async (sink: CommandSink, lines: readonly string[], taken: Taken) => {
    const runMs = pacing.runMs - spentMs;
    if (runMs <= 0) return;
    const beganMs = clock.now();
    await sendPaced(lines, sink, { ...pacing, runMs }, taken);
    spentMs += Math.max(0, clock.now() - beganMs);
  };
  if (settings.livestatus !== undefined) {
    return livestatusLink(world, settings.livestatus, settings, outside, send);
  }
  const { file = "", status = "" } = settings;
  return {
    ...statusFileReader(world.files, status, wants),
    async stamp() {
      const found = await world.files.status(status).catch(() => null);
      return found === null ? "" : `${found.modifiedMs} ${found.sizeBytes}`;
    },
    async send(lines, taken) {
      const opened = await outside.openCommandFile(file);
      if (opened === null) {
        throw new FerryError("core-takes-no-commands", `No core reads ${printable(file)}`);
      }
      await using commandFile = opened;
      await send(commandFileSink(commandFile, pacing), lines, taken);
    },
    async close() {},
  };
}

function livestatusLink(
  world: World,
  address: string,
  { tls = {}, timeout, core }: CommandsSettings,
  outside: CommandsWorld,
  send: (sink: CommandSink, lines: readonly string[], taken: Taken) => Promise<void>,
): CoreLink {
  const connected: Promise<LivestatusClient>[] = [];
  const connect = async (): Promise<LivestatusClient> =>
    await outside.connect(address, await readTlsFiles(world.files, tls), timeout);
  const lane = (index: number): Promise<LivestatusClient> => (connected[index] ??= connect());
  const isIcinga2 = core === "icinga2";
  return {
    stamp: async () => "",
    look: async () => await livestatusReader(await lane(0), world.clock).look(),
    objects: async (wants) => await livestatusReader(await lane(0), world.clock).objects(wants),
    // On the connection that showed what there is. What a server says about a command, if it does, comes
    // when nothing is asked any more.
    async send(lines, taken) {
      const count = isIcinga2 && lines.length > manyLines ? lanesForMany : 1;
      const more = Array.from({ length: count - 1 }, (_, index) => lane(index + 1));
      const lanes: Lanes = [await lane(0), ...(await Promise.all(more))];
      await send(livestatusSink(lanes, isIcinga2), lines, taken);
    },
    async close() {
      const clients = await Promise.allSettled(connected);
      await Promise.allSettled(
        clients.map(async (client) => {
          if (client.status === "fulfilled") await client.value.close();
        }),
      );
    },
  };
}

/** Icinga 2 makes an object of each downtime and comment: 200 a second on one connection, 700 on four. */
const lanesForMany = 4;
const manyLines = 100;
