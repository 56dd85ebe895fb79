// The numbers of a site that comes by livedump: the centre counts for it, by the sender's rules. A number
// is durable before anything is sealed with it.

import type { FileSystem, Random } from "@siteferry/model";
import { damagedIsNull, readState, replaceState } from "@siteferry/spool";
import type { HighWaterMark } from "../order.ts";

/** What the centre remembers of a site's dumps. */
export interface LivedumpMemory {
  /** Seconds since 1970 at which this numbering began. */
  readonly epoch: number;
  /** The first sequence number that was never handed out. */
  readonly nextSequence: number;
  /** Of the configuration that came last; "" before the first. */
  readonly configurationHash: string;
}

const stateName = "numbering";

/**
 * A new epoch begins if the memory is lost or damaged, if only its generation before is left, and after
 * what the site's mark has: a sender of its own in between, or an epoch that the operator had forgotten.
 */
export async function loadNumbering(
  files: FileSystem,
  directory: string,
  mark: HighWaterMark | null,
  nowMs: number,
): Promise<LivedumpMemory> {
  const state = await readState(files, directory, stateName).catch(damagedIsNull);
  // The hash of the state file held: this is what an earlier run of siteferry wrote.
  const memory =
    state === null ? null : (JSON.parse(new TextDecoder().decode(state.content)) as LivedumpMemory);
  const isForgotten = memory !== null && mark?.banned?.includes(memory.epoch) === true;
  const isBehind = memory !== null && mark !== null && mark.epoch > memory.epoch;
  if (memory !== null && state?.generation === "current" && !isForgotten && !isBehind) {
    return memory;
  }
  const before = memory === null || isForgotten ? 0 : memory.epoch;
  return {
    epoch: Math.max(Math.floor(nowMs / 1000), before + 1, (mark?.epoch ?? 0) + 1),
    nextSequence: 1,
    configurationHash: memory?.configurationHash ?? "",
  };
}

export async function saveNumbering(
  files: FileSystem,
  random: Random,
  directory: string,
  memory: LivedumpMemory,
): Promise<void> {
  await replaceState(files, random, directory, stateName, Buffer.from(JSON.stringify(memory)));
}
