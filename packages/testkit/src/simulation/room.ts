// How much may lie in the spools: files, and bytes as they follow from what has a place there. Always,
// with what deaths leave behind; and in the end, when all is well again.

import { limits } from "@siteferry/model";
import { receiverSpool, senderSpool, siteIds } from "./agents.ts";
import { resultsPath } from "./core.ts";
import type { MemoryDisk } from "./disk.ts";

const kibibyte = 1024;
/** No site of a simulation makes larger ones; the witness sees to it. */
export const bundleBytesMax: number = 3 * kibibyte;
/** A state file lies there as it is, as it was before, and once more if a death cut its replacement. */
const generations = 3;
/** Headers of three bundles and 33 hashes. */
const recordBytes = 8 * kibibyte;
const noteBytes = kibibyte;
/** The hosts, or what the core was handed of all objects. */
const objectsBytes = 8 * kibibyte;
const sites = siteIds.length;

interface Room {
  readonly path: string;
  readonly filesMax: number;
  readonly bytesMax: number;
}

/** Of each kind the newest, and the last configuration and keyframe to travel again. */
const outboxBundles = 3;
const copiesBundles = 2;
const mirrorBundles = 3;
/** The numbering, the last run, and what is remembered of the link. */
const memories = 3;
const memoryBytes = kibibyte;
const quarantinedMax = (sites + 1) * (limits.quarantineFilesMax + 1);

export const roomAlways: readonly Room[] = [
  {
    path: senderSpool,
    filesMax: 30,
    // Twice what may wait, before what is superseded goes; the base; one under way.
    bytesMax:
      (2 * outboxBundles + copiesBundles + generations + 1) * bundleBytesMax +
      generations * memories * memoryBytes,
  },
  {
    path: `${receiverSpool}/inbox`,
    filesMax: sites * limits.filesPerPassMax,
    bytesMax: sites * limits.filesPerPassMax * bundleBytesMax,
  },
  {
    path: `${receiverSpool}/sites`,
    filesMax: sites * 14,
    bytesMax:
      sites * (2 * mirrorBundles * bundleBytesMax + generations * (recordBytes + objectsBytes)),
  },
  {
    path: `${receiverSpool}/state`,
    filesMax: 50,
    bytesMax: sites * 2 * generations * objectsBytes,
  },
  {
    path: `${receiverSpool}/quarantine`,
    filesMax: 2 * quarantinedMax,
    bytesMax: quarantinedMax * (Math.min(bundleBytesMax, limits.quarantineBytesMax) + noteBytes),
  },
];

const previous = 2;

export const roomAtLast: readonly Room[] = [
  { path: `${senderSpool}/tmp`, filesMax: 0, bytesMax: 0 },
  { path: `${senderSpool}/outbox`, filesMax: 0, bytesMax: 0 },
  {
    path: senderSpool,
    filesMax: 1 + copiesBundles + (1 + memories) * previous,
    bytesMax: (copiesBundles + previous) * bundleBytesMax + previous * memories * memoryBytes,
  },
  { path: `${receiverSpool}/tmp`, filesMax: 0, bytesMax: 0 },
  // Only a delta may still wait for a keyframe that was lost.
  { path: `${receiverSpool}/inbox`, filesMax: sites, bytesMax: sites * bundleBytesMax },
  {
    path: `${receiverSpool}/sites`,
    filesMax: sites * (mirrorBundles + 2 * previous),
    bytesMax: sites * (mirrorBundles * bundleBytesMax + previous * (recordBytes + objectsBytes)),
  },
  // Markers that a power cut left without their file: nobody may say whose they are.
  { path: resultsPath, filesMax: 8, bytesMax: 0 },
];

/** What takes more than it may. */
export function overfull(disk: MemoryDisk, rooms: readonly Room[]): readonly string[] {
  return rooms.flatMap(({ path, filesMax, bytesMax }) => {
    const files = disk.filesBelow(path);
    const bytes = new Set(files.values())
      .values()
      .reduce((sum, file) => sum + file.content.length, 0);
    if (files.size <= filesMax && bytes <= bytesMax) return [];
    const may = `may hold ${filesMax} of ${bytesMax} bytes`;
    return [`${path} ${may}, and holds ${files.size} files of ${bytes} bytes`];
  });
}
