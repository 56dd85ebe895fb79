// The two ways of a command into a core. Neither says whether the core took it: that is read back.

import type { LivestatusClient } from "@siteferry/livestatus";
import { FerryError, type World } from "@siteferry/model";
import { type CommandFile, pieceBytesMax } from "../world/command-file.ts";

export interface CommandSink {
  /**
   * Hands over lines as `encodeCommand` makes them. Calls `taken` for each line that is on its way.
   * @throws FerryError `core-takes-no-commands`, `livestatus-…`
   */
  push(lines: readonly string[], taken: () => void): Promise<void>;
}

/** How time passes while commands are sent. */
export interface Pacing {
  readonly clock: World["clock"];
  wait(milliseconds: number): Promise<void>;
  /** Commands a second. */
  readonly pace: number;
  /** How long the core may make no room for a command, milliseconds. */
  readonly timeoutMs: number;
  /** What isn't sent in so long waits for the next run, milliseconds. */
  readonly runMs: number;
}

/** A bunch each so many milliseconds: short enough that the core does something else in between. */
const beatMs = 50;

/**
 * Sends lines no faster than the pace. Fewer than there are if the time of the run is up; `taken` is
 * called for each that is on its way, also for those before a failure.
 */
export async function sendPaced(
  lines: readonly string[],
  sink: CommandSink,
  { clock, wait, pace, runMs }: Pacing,
  taken: () => void,
): Promise<void> {
  const bunch = Math.max(1, Math.floor((pace * beatMs) / 1000));
  const pauseMs = Math.max(beatMs, Math.ceil((bunch * 1000) / pace));
  const beganMs = clock.now();
  for (let at = 0; at < lines.length; at += bunch) {
    const bunchMs = clock.now();
    await sink.push(lines.slice(at, at + bunch), taken);
    if (at + bunch >= lines.length) return;
    const nowMs = clock.now();
    // A clock that went back says nothing.
    if (nowMs - beganMs >= runMs) return;
    const spentMs = Math.max(0, nowMs - bunchMs);
    if (spentMs < pauseMs) await wait(pauseMs - spentMs);
  }
}

export function livestatusSink(client: LivestatusClient): CommandSink {
  return {
    async push(lines, taken) {
      for (const line of lines) {
        const [, time, command] = /^\[(\d+)\] (.*)$/.exec(line) ?? [];
        await client.command(command!, Number(time));
        taken();
      }
    },
  };
}

export function commandFileSink(
  file: CommandFile,
  { wait, timeoutMs }: Pick<Pacing, "wait" | "timeoutMs">,
): CommandSink {
  return {
    async push(lines, taken) {
      for (const { bytes, count } of piecesOf(lines)) {
        for (let waitedMs = 0; !(await file.write(bytes)); waitedMs += roomMs) {
          if (waitedMs >= timeoutMs) throw stuck(timeoutMs);
          await wait(roomMs);
        }
        for (let index = 0; index < count; index += 1) taken();
      }
    },
  };
}

/** The core empties the pipe, 64 KiB, as fast as it can read: a moment makes much room. */
const roomMs = 10;

function stuck(timeoutMs: number): FerryError {
  const message = `The core hasn't read its command file for ${timeoutMs} ms`;
  return new FerryError("core-takes-no-commands", message);
}

/** As many lines at once as nobody can write into the middle of. */
function* piecesOf(
  lines: readonly string[],
): Generator<{ readonly bytes: Uint8Array; readonly count: number }, void> {
  let held: Buffer[] = [];
  let size = 0;
  for (const line of lines) {
    const bytes = Buffer.from(`${line}\n`);
    if (bytes.length > pieceBytesMax)
      throw new Error("a command that is longer than a pipe keeps whole");
    if (size + bytes.length > pieceBytesMax) {
      yield { bytes: Buffer.concat(held), count: held.length };
      held = [];
      size = 0;
    }
    held.push(bytes);
    size += bytes.length;
  }
  if (held.length > 0) yield { bytes: Buffer.concat(held), count: held.length };
}
