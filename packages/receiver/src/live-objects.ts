// The objects that a core has loaded, as the cache says that it writes at each start and reload.

import { type LiveObjects, liveObjects } from "@siteferry/apply";
import { FerryError, systemCode } from "@siteferry/model";
import { fileStamp, readCache } from "./activation/target.ts";
import type { Opening } from "./opening.ts";
import type { CheckResultsSettings } from "./settings.ts";

export interface LiveCore {
  readonly isLive: LiveObjects;
  /** What isn't live is gone from the core; false: it may only not stand in the cache yet. */
  readonly isWhole: boolean;
}

/** A core writes its cache in one go: one that it has left alone for so long it has written. */
const writtenMs = 5_000;

/**
 * All objects, if the target doesn't name the core's cache. `answers`: whether the core answers now, which it
 * doesn't while it writes.
 */
export async function readLiveObjects(
  { world }: Pick<Opening, "world">,
  { objectCache: path }: CheckResultsSettings,
  answers: () => Promise<boolean> = async () => false,
): Promise<LiveCore> {
  if (path === undefined) return { isLive: () => true, isWhole: true };
  try {
    const stamp = await fileStamp(world.files, path);
    const { modifiedMs = 0 } = (await world.files.status(path)) ?? {};
    const isWritten = Math.abs(world.clock.now() - modifiedMs) >= writtenMs || (await answers());
    const cache = await readCache(world.files, path);
    const isSame = stamp === (await fileStamp(world.files, path));
    return { isLive: liveObjects(cache.known), isWhole: isWritten && isSame && cache.isWhole };
  } catch (cause) {
    // A core that never ran has no cache, and no objects.
    if (systemCode(cause) === "ENOENT") return { isLive: () => false, isWhole: false };
    throw new FerryError("system-error", `${path} can't be read`, { cause });
  }
}
