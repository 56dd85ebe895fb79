// The events of a site in one order, whoever wrote them down.

import type { SiteEvent } from "@siteferry/model";

/**
 * Oldest first, none twice: a delta may begin before its keyframe was made, and what a core logged
 * twice within a second is one event.
 */
export function distinctEvents(...lists: readonly (readonly SiteEvent[])[]): readonly SiteEvent[] {
  const known = new Set<string>();
  const events = lists.flat().filter((event) => {
    const before = known.size;
    return known.add(JSON.stringify(event)).size > before;
  });
  // Stable: what happened within one second stays in its order.
  return events.sort((one, other) => one.time - other.time);
}
