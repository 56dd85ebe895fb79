// State is never a backlog to replay: which of a site's waiting bundles a newer one has made worthless.

import type { BundleName } from "@siteferry/model";

/**
 * Of `entries`, which are one site's: of each kind only the newest counts, and a delta only until a
 * newer keyframe comes.
 */
export function superseded<Entry extends BundleName>(entries: readonly Entry[]): readonly Entry[] {
  const oldestFirst = entries.toSorted(byNumber);
  const newest = new Map(oldestFirst.map((entry) => [entry.kind, entry]));
  const keyframe = newest.get("keyframe");
  return oldestFirst.filter((entry) => {
    const isOvertaken =
      entry.kind === "delta" && keyframe !== undefined && byNumber(entry, keyframe) < 0;
    return isOvertaken || newest.get(entry.kind) !== entry;
  });
}

function byNumber(a: BundleName, b: BundleName): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}
