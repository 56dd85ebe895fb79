// A core at the centre, opened for a run: where is read what it has, and where commands go in. Nothing is
// connected before it is needed.

import { readTlsFiles } from "@siteferry/agent";
import { FerryError, limits, printable, type World } from "@siteferry/model";
import type { CommandsSettings } from "../commands-settings.ts";
import type { CommandsWorld } from "../world/real-commands.ts";
import type { CentreReader } from "./picture.ts";
import { commandFileSink, type CommandSink, livestatusSink, sendPaced } from "./sinks.ts";
import { livestatusReader } from "./view-livestatus.ts";
import { statusFileReader } from "./view-status-file.ts";

export interface CoreLink extends CentreReader {
  /** Changes when the core shows something new; "" if only asking tells. */
  stamp(): Promise<string>;
  /** Paced; see {@link sendPaced}. */
  send(lines: readonly string[], taken: () => void): Promise<void>;
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
  const pacing = { clock: world.clock, wait, pace, timeoutMs, runMs: limits.commandsMsMax };
  const send = async (sink: CommandSink, lines: readonly string[], taken: () => void) =>
    await sendPaced(lines, sink, pacing, taken);
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
  { tls = {}, timeout }: CommandsSettings,
  outside: CommandsWorld,
  send: (sink: CommandSink, lines: readonly string[], taken: () => void) => Promise<void>,
): CoreLink {
  let connected: ReturnType<CommandsWorld["connect"]> | null = null;
  const connect = async (): ReturnType<CommandsWorld["connect"]> =>
    await outside.connect(address, await readTlsFiles(world.files, tls), timeout);
  const client = (): ReturnType<CommandsWorld["connect"]> => (connected ??= connect());
  return {
    stamp: async () => "",
    look: async () => await livestatusReader(await client(), world.clock).look(),
    objects: async (wants) => await livestatusReader(await client(), world.clock).objects(wants),
    // On the connection that showed what there is: after a restart the same ids are of other things. What a
    // server says about a command, if it does, comes when nothing is asked any more.
    async send(lines, taken) {
      await send(livestatusSink(await client()), lines, taken);
    },
    async close() {
      await (await connected?.catch(() => null))?.close();
    },
  };
}
