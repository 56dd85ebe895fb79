// The numbers of a site as status, page and metrics show them: the same everywhere.

import { type CountedStates, stateNamesOf } from "./counted-states.ts";
import type { SiteFacts } from "./judge.ts";

export interface SiteNumbers {
  /** Seconds since its newest bundle came; null: none ever did. */
  readonly age: number | null;
  /** Seconds from when its newest bundle was made, by the site's clock, until it was here, by the centre's. */
  readonly lag: number | null;
  readonly clockAhead: number;
  /** By the names of states, `dumped` in place of all of them in a vendor's dump; null: not counted yet. */
  readonly hosts: Readonly<Record<string, number>> | null;
  readonly services: Readonly<Record<string, number>> | null;
  /** Of the last day. */
  readonly bundlesOfDay: number;
  readonly bytesOfDay: number;
  readonly missed: number;
  readonly quarantined: number;
  readonly refusedValues: number;
}

export function numbersOf(facts: SiteFacts, nowMs: number): SiteNumbers {
  const { keptMs, createdMs, counted, trafficOfDay } = facts;
  return {
    age: keptMs === null ? null : Math.max(0, Math.round((nowMs - keptMs) / 1000)),
    // Less than nothing is a clock that is ahead, which `clockAhead` says.
    lag: keptMs === null ? null : Math.max(0, Math.round((keptMs - (createdMs ?? keptMs)) / 1000)),
    clockAhead: facts.aheadSeconds,
    hosts: counted && named(counted.hosts, stateNamesOf(counted).hosts),
    services: counted && named(counted.services, stateNamesOf(counted).services),
    bundlesOfDay: trafficOfDay.reduce((sum, { bundles }) => sum + bundles, 0),
    bytesOfDay: trafficOfDay.reduce((sum, { bytes }) => sum + bytes, 0),
    missed: facts.missed,
    quarantined: facts.quarantined.length,
    refusedValues: facts.refusedValueCount,
  };
}

function named(
  counts: CountedStates["hosts"],
  names: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0]));
}
