// How many objects of a site are in which state, counted when a bundle is kept: whoever looks at it later
// opens no bundle for it.

import type { States } from "@siteferry/model";

export const hostStateNames = ["up", "down", "unreachable", "pending"] as const;
export const serviceStateNames = ["ok", "warning", "critical", "unknown", "pending"] as const;

/** As the site says it, in the order of the names above. */
export interface CountedStates {
  readonly hosts: readonly number[];
  readonly services: readonly number[];
}

export function countStates({
  hosts,
  services,
}: Pick<States, "hosts" | "services">): CountedStates {
  return {
    hosts: countOf(hosts, hostStateNames.length),
    services: countOf(services, serviceStateNames.length),
  };
}

interface Checked {
  readonly has_been_checked: 0 | 1;
  readonly state: number;
}

/** States were held to their range when the rows were read. */
function countOf(rows: readonly Checked[], names: number): number[] {
  const counts = Array.from({ length: names }, () => 0);
  for (const { has_been_checked: isChecked, state } of rows) {
    counts[isChecked === 1 ? state : names - 1]! += 1;
  }
  return counts;
}
