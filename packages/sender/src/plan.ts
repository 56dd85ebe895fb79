// What a run has to send: pure, from what was dumped now and what travelled before.

import {
  type Base,
  configurationHash,
  type Delta,
  makeDelta,
  type Member,
} from "@siteferry/bundle";
import type { Seconds } from "@siteferry/model";
import type { SiteDump } from "./dump-site.ts";
import { keyframeReason } from "./keyframe-schedule.ts";
import type { SenderMemory } from "./numbering.ts";

export type PlannedBundle =
  | { readonly kind: "config"; readonly members: readonly Member[] }
  | { readonly kind: "keyframe"; readonly members: readonly Member[] }
  | { readonly kind: "delta"; readonly members: readonly Member[]; readonly base: Base };

export interface Plan {
  readonly bundles: readonly PlannedBundle[];
  readonly configurationHash: string;
  readonly sendsConfiguration: boolean;
}

/**
 * The configuration travels when it changed, and from time to time; of the state what changed since
 * the last keyframe, or all of it when {@link keyframeReason} says so. A delta without any change is
 * the heartbeat.
 */
export function planBundles(
  dump: SiteDump,
  memory: SenderMemory,
  base: Base | null,
  nowMs: number,
  intervalMs: number,
): Plan {
  const hash = configurationHash(dump.configuration);
  const ageMs = nowMs - memory.configurationSentAt;
  const sendsConfiguration = hash !== memory.configurationHash || ageMs >= intervalMs || ageMs < 0;
  const keyframe = base === null ? null : memory.keyframe;
  const reason = keyframeReason(keyframe, nowMs, hash, intervalMs);
  const state: PlannedBundle =
    base === null || reason !== null
      ? { kind: "keyframe", members: dump.states }
      : { kind: "delta", members: deltaOf(base, dump).members, base };
  return {
    bundles: sendsConfiguration
      ? [{ kind: "config", members: dump.configuration }, state]
      : [state],
    configurationHash: hash,
    sendsConfiguration,
  };
}

/** The core's clock may be another one, and a line of its log may be written late. */
const overlapMs = 10 * 60_000;
/** Intervals whose keyframes may be lost, or not be shipped, one after the other. */
const intervalsBack = 4;
/** Whatever lasted longer, an outage of the sender say, isn't made up for. */
const eventsAgeMaxMs = 24 * 3600_000;

/**
 * From when on events have to be read for what {@link planBundles} will make of `configuration`: for a
 * delta what its keyframe may not have; for a keyframe all since the last one, and enough to make up
 * for keyframes that never arrived.
 */
export function eventsSince(
  configuration: readonly Member[],
  memory: SenderMemory,
  base: Base | null,
  nowMs: number,
  intervalMs: number,
): Seconds {
  const hash = configurationHash(configuration);
  const lastMs = Math.min(memory.keyframe?.createdMs ?? nowMs, nowMs);
  const keyframe = base === null ? null : memory.keyframe;
  const isDelta = keyframeReason(keyframe, nowMs, hash, intervalMs) === null;
  const fromMs = isDelta ? lastMs : Math.min(lastMs, nowMs - intervalsBack * intervalMs);
  const sinceMs = Math.max(fromMs, nowMs - eventsAgeMaxMs) - overlapMs;
  return Math.max(0, Math.floor(sinceMs / 1000));
}

function deltaOf(base: Base, dump: SiteDump): Delta {
  return makeDelta(base.members, dump.states);
}
