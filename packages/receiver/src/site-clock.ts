// How far a site's clock is from the centre's, told from when its bundles say that they were made and
// when they were kept here. One that was made after it came proves a clock that is ahead; one that was made
// long before may as well have had a slow link.

import type { Log, SiteId, World } from "@siteferry/model";
import { loadProgress, saveProgress } from "./applied-store.ts";
import type { SiteSettings } from "./settings.ts";

export interface Arrival {
  /** Milliseconds since 1970: by the site's clock, and by the centre's. */
  readonly createdMs: number;
  readonly keptMs: number;
}

/** Of one that was corrected the last traces are gone after as many bundles. */
const arrivalsMax = 5;
/** Clocks that are kept by NTP are nearer than this, and a wrong minute in a history isn't. */
export const skewSeconds = 30;
/** A correction ends when the clock is nearer than this, and another measure of it is another one. */
const rightSeconds = 15;
const sameSeconds = 5;

export function arrivalsAfter(before: readonly Arrival[], arrival: Arrival): readonly Arrival[] {
  return [...before, arrival].slice(-arrivalsMax);
}

/**
 * Whole seconds that the site's clock is ahead; negative: it is behind, or its bundles take so long to
 * come. Told by the quickest of the last ones.
 */
export function secondsAhead(arrivals: readonly Arrival[]): number {
  if (arrivals.length === 0) return 0;
  const ahead = Math.max(...arrivals.map(({ createdMs, keptMs }) => createdMs - keptMs));
  // Not -0.
  return Math.round(ahead / 1000) || 0;
}

/**
 * Seconds that the site's times are taken back by; `before`: those of the last time. Each change of it is a
 * break in a history, so it changes only if it must.
 */
export function correctionOf(
  { clock }: Pick<SiteSettings, "clock">,
  arrivals: readonly Arrival[],
  before: number = 0,
): number {
  const ahead = secondsAhead(arrivals);
  if (clock === "keep" || (clock === "ahead" && ahead <= 0)) return 0;
  if (before === 0) return Math.abs(ahead) > skewSeconds ? ahead : 0;
  if (Math.abs(ahead) < rightSeconds) return 0;
  return Math.abs(ahead - before) > sameSeconds ? ahead : before;
}

/** What was used last for a site at a target, remembered there. */
export async function correctionAt(
  world: World,
  directory: string,
  site: SiteId,
  settings: Pick<SiteSettings, "clock">,
  arrivals: readonly Arrival[],
): Promise<number> {
  const name = `${site}.clock`;
  const before = Number(await loadProgress(world, directory, name));
  const correction = correctionOf(settings, arrivals, Number.isSafeInteger(before) ? before : 0);
  if (correction !== before) await saveProgress(world, directory, name, String(correction));
  return correction;
}

/** Once when it begins. A clock that is behind looks like a slow link, which isn't worth a warning. */
export function tellClock(
  log: Log,
  site: SiteId,
  before: readonly Arrival[],
  after: readonly Arrival[],
): void {
  const ahead = secondsAhead(after);
  if (ahead <= skewSeconds || secondsAhead(before) > skewSeconds) return;
  log.warn({ site, ahead }, `The clock of ${site} is ${ahead} s ahead of the centre's`);
}
