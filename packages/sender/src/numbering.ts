// Epoch and sequence: no number is ever used for two different bundles. A number is reserved in
// durable state before anything is sealed with it; if the state was lost, or is that of another site or
// for another centre, a new epoch begins.

import type { FileSystem, Random, SiteId } from "@siteferry/model";
import { damagedIsNull, readState, replaceState, type State } from "@siteferry/spool";
import type { KeyframeMemory } from "./keyframe-schedule.ts";
import type { DumpMemory } from "./plan-dump.ts";

/** Who sends, and to whom. */
export interface Route {
  readonly site: SiteId;
  readonly centre: SiteId;
}

/** What the sender remembers from run to run. */
export interface SenderMemory extends Route {
  /** Seconds since 1970 at which this numbering began. */
  readonly epoch: number;
  /** The first sequence number that was never handed out. */
  readonly nextSequence: number;
  /** The configuration that travelled last, and when (milliseconds since 1970). */
  readonly configurationHash: string;
  readonly configurationSentAt: number;
  readonly keyframe: KeyframeMemory | null;
  /** Of a vendor's dump; absent until one has travelled. */
  readonly dump?: DumpMemory;
  /** Names the life of the machine in which it was written; "" if that isn't known. */
  readonly life: string;
}

const stateName = "numbering";

/**
 * The memory of the last run. If there is none, if it is damaged, if only an older generation of it is
 * left, or if the machine has started since (it may have been restored from a snapshot), numbers may
 * have been used that aren't in it: then a new epoch begins. So it does on another route, where nothing
 * has travelled yet.
 */
export async function loadMemory(
  files: FileSystem,
  directory: string,
  now: number,
  life: string,
  random: Random,
  { site, centre }: Route,
): Promise<SenderMemory> {
  const state = await readState(files, directory, stateName).catch(damagedIsNull);
  const memory = state === null ? null : parseMemory(state, { site, centre });
  const isSameRoute = memory?.site === site && memory.centre === centre;
  const isCurrent = isSameRoute && memory.life === life && state?.generation === "current";
  if (isCurrent) return memory;
  // While the clock is behind, one snapshot that is restored twice mustn't begin one epoch twice.
  const [jitter = 0] = random.bytes(1);
  const least = memory === null ? 0 : memory.epoch + 1 + jitter;
  return {
    site,
    centre,
    epoch: Math.max(Math.floor(now / 1000), least),
    nextSequence: 1,
    configurationHash: "",
    configurationSentAt: 0,
    keyframe: null,
    life,
  };
}

/** The route of the last run; `route`, that of now, if nothing is remembered. */
export async function lastRoute(
  files: FileSystem,
  directory: string,
  route: Route,
): Promise<Route> {
  const state = await readState(files, directory, stateName).catch(damagedIsNull);
  return state === null ? route : parseMemory(state, route);
}

/** Makes `memory` durable: after this, numbers below its `nextSequence` may be used. */
export async function saveMemory(
  files: FileSystem,
  random: Random,
  directory: string,
  memory: SenderMemory,
): Promise<void> {
  await replaceState(files, random, directory, stateName, Buffer.from(JSON.stringify(memory)));
}

function parseMemory({ content }: State, route: Route): SenderMemory {
  // The hash of the state file held: this is what an earlier run of siteferry wrote, at first without a route.
  const memory = JSON.parse(new TextDecoder().decode(content)) as SenderMemory;
  return { ...route, ...memory };
}
