// When a run has to send the whole state: pure, from what the last runs made durable, so that the
// schedule survives restarts.

import type { BundleKind } from "@siteferry/model";

/** What is remembered of the last keyframe, the base of all deltas since. */
export interface KeyframeMemory {
  readonly sequence: number;
  /** SHA-512 of its payload: its name in the deltas. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  readonly sizeBytes: number;
  readonly configurationHash: string;
  /** Of the last delta against it; 0 before the first. */
  readonly lastDeltaBytes: number;
  /** How often it was put into the outbox again; see {@link repeatIsDue}. */
  readonly repeats: number;
}

/** Why the whole state has to travel now; null: a delta will do. */
export type KeyframeReason = "first" | "configuration" | "age" | "size";

/** A delta up to this size is never worth a keyframe: most of it is the envelope. */
const deltaBytesAlways = 8 * 1024;

/**
 * @param keyframe null if there is none, or if what deltas need of it was lost.
 * @param intervalMs `keyframe` of sender.yaml.
 */
export function keyframeReason(
  keyframe: KeyframeMemory | null,
  nowMs: number,
  configurationHash: string,
  intervalMs: number,
): KeyframeReason | null {
  if (keyframe === null) return "first";
  if (keyframe.configurationHash !== configurationHash) return "configuration";
  const ageMs = nowMs - keyframe.createdMs;
  // A clock that went back says nothing about the age.
  if (ageMs >= intervalMs || ageMs < 0) return "age";
  const large = Math.max(keyframe.sizeBytes / 2, deltaBytesAlways);
  return keyframe.lastDeltaBytes > large ? "size" : null;
}

/** The memory after a state bundle was published: a keyframe is a new base, a delta only adds its size. */
export function keyframeAfter(
  before: KeyframeMemory | null,
  { kind, sizeBytes, payloadHash }: { kind: BundleKind; sizeBytes: number; payloadHash: string },
  now: { sequence: number; nowMs: number; configurationHash: string },
): KeyframeMemory | null {
  if (kind === "delta") return before === null ? null : { ...before, lastDeltaBytes: sizeBytes };
  return {
    sequence: now.sequence,
    hash: payloadHash,
    createdMs: now.nowMs,
    sizeBytes,
    configurationHash: now.configurationHash,
    lastDeltaBytes: 0,
    repeats: 0,
  };
}

const repeatsMax = 2;

/**
 * A one-way link can't tell that a keyframe was lost, and without it all its deltas are worthless: it
 * travels again, spaced so that one short outage can't take all copies.
 */
export function repeatIsDue(keyframe: KeyframeMemory, nowMs: number, intervalMs: number): boolean {
  const ageMs = nowMs - keyframe.createdMs;
  const next = keyframe.repeats + 1;
  return next <= repeatsMax && ageMs >= (intervalMs * next) / (repeatsMax + 1);
}
