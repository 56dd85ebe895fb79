// How many objects of a site are in which state, counted when a bundle is kept: whoever looks at it later
// opens no bundle for it.

import type { States } from "@siteferry/model";

const hostStateNames = ["up", "down", "unreachable", "pending"] as const;
const serviceStateNames = ["ok", "warning", "critical", "unknown", "pending"] as const;

/** As the site says it, in the order of the names above; of a vendor's dump one number each: all that are in it. */
export interface CountedStates {
  readonly hosts: readonly number[];
  readonly services: readonly number[];
  readonly isDump?: true;
}

/** What a dump says of a state only Checkmk's core knows. */
const namesInDump = ["dumped"];

export function stateNamesOf({ isDump }: CountedStates): {
  readonly hosts: readonly string[];
  readonly services: readonly string[];
} {
  if (isDump) return { hosts: namesInDump, services: namesInDump };
  return { hosts: hostStateNames, services: serviceStateNames };
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
