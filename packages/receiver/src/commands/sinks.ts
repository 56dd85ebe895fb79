// The two ways of a command into a core. Neither says whether the core took it: that is read back.

import type { LivestatusClient } from "@siteferry/livestatus";
import { FerryError, type World } from "@siteferry/model";
import { type CommandFile, pieceBytesMax } from "../world/command-file.ts";

export type Taken = (index: number) => void;

export interface CommandSink {
  /**
   * Hands over lines as `encodeCommand` makes them; of one host in their order. Calls `taken` with the
   * place of each line that is on its way. @throws FerryError `core-takes-no-commands`, `livestatus-…`
   */
  push(lines: readonly string[], taken: Taken): Promise<void>;
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
  taken: Taken,
): Promise<void> {
  const bunch = Math.max(1, Math.floor((pace * beatMs) / 1000));
  const pauseMs = Math.max(beatMs, Math.ceil((bunch * 1000) / pace));
  const beganMs = clock.now();
  for (let at = 0; at < lines.length; at += bunch) {
    const bunchMs = clock.now();
    await sink.push(lines.slice(at, at + bunch), (index) => taken(at + index));
    if (at + bunch >= lines.length) return;
    const nowMs = clock.now();
    // A clock that went back says nothing.
    if (nowMs - beganMs >= runMs) return;
    const spentMs = Math.max(0, nowMs - bunchMs);
    if (spentMs < pauseMs) await wait(pauseMs - spentMs);
  }
}

/** Connections for many commands at once; the first is the one that showed what the core has. */
export type Lanes = readonly [LivestatusClient, ...LivestatusClient[]];

/** `confirms`: the server does what a connection asks for one after the other, so that an answer says more. */
export function livestatusSink(lanes: Lanes, confirms: boolean): CommandSink {
  return {
    async push(lines, taken) {
      const shares = lanes.map((client) => ({ client, indices: [] as number[] }));
      for (const [index, line] of lines.entries())
        shares[laneOf(line, lanes.length)]!.indices.push(index);
      const work = shares.map(async ({ client, indices }) => {
        for (const index of indices) {
          const [, time, command] = /^\[(\d+)\] (.*)$/.exec(lines[index]!) ?? [];
          await client.command(command!, Number(time));
          if (!confirms) taken(index);
        }
        if (!confirms || indices.length === 0) return;
        for await (const _ of client.rows({ table: "status", columns: ["program_start"] }));
        for (const index of indices) taken(index);
      });
      for (const outcome of await Promise.allSettled(work)) {
        if (outcome.status === "rejected") throw outcome.reason;
      }
    },
  };
}

/** Commands of one host stay in their order. */
function laneOf(line: string, lanes: number): number {
  const [name = "", host = ""] = line.slice(line.indexOf("]") + 2).split(";", 2);
  // After a restart the same ids are of other things, and the connection of the first lane is gone.
  if (name.startsWith("DEL_")) return 0;
  let sum = 0;
  for (let index = 0; index < host.length; index += 1)
    sum = (sum * 31 + host.charCodeAt(index)) >>> 0;
  return sum % lanes;
}

export function commandFileSink(
  file: CommandFile,
  { wait, timeoutMs }: Pick<Pacing, "wait" | "timeoutMs">,
): CommandSink {
  return {
    async push(lines, taken) {
      let next = 0;
      for (const { bytes, count } of piecesOf(lines)) {
        for (let waitedMs = 0; !(await file.write(bytes)); waitedMs += roomMs) {
          if (waitedMs >= timeoutMs) throw stuck(timeoutMs);
          await wait(roomMs);
        }
        for (const end = next + count; next < end; next += 1) taken(next);
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
