// The sender's own copy of its last keyframe: deltas are made against it, and on one-way links it
// travels again.

import { type Base, readBase } from "@siteferry/bundle";
import {
  bundleTables,
  FerryError,
  type FileSystem,
  type Random,
  systemCode,
} from "@siteferry/model";
import { readState, replaceState } from "@siteferry/spool";
import type { KeyframeMemory } from "./keyframe-schedule.ts";

const stateName = "base";

/** `content` is what `sealWithBase` gave beside the keyframe. */
export async function saveBase(
  files: FileSystem,
  random: Random,
  directory: string,
  content: Uint8Array,
): Promise<void> {
  await replaceState(files, random, directory, stateName, content);
}

/**
 * Null if it is lost, damaged, not that of `keyframe`, or of a siteferry that read other tables: then the
 * whole state has to travel.
 */
export async function loadBase(
  files: FileSystem,
  directory: string,
  keyframe: KeyframeMemory | null,
): Promise<Base | null> {
  if (keyframe === null) return null;
  try {
    const state = await readState(files, directory, stateName);
    const base = state === null ? null : await readBase(state.content);
    const isOfToday = base?.members.length === bundleTables.keyframe.length;
    return isOfToday && base.header.payloadHash === keyframe.hash ? base : null;
  } catch (error) {
    const isDamage = error instanceof FerryError || systemCode(error) === "ENOENT";
    if (isDamage) return null;
    throw error;
  }
}
