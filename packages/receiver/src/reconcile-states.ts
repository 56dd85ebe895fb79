// Reconcile, states: what the mirror knows of a site against what the core was handed. Level
// triggered: a crash, a slow core or objects that aren't live yet only mean that the next run finds
// a difference again.

import {
  checkResultsTarget,
  type LiveObjects,
  liveObjects,
  type ResultCounts,
} from "@siteferry/apply";
import { FerryError, type SiteId, systemCode } from "@siteferry/model";
import { readCache } from "./activation/target.ts";
import { appliedStore, loadProgress, saveProgress, targetDirectory } from "./applied-store.ts";
import { loadSiteRecord, loadStates } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, nameAtCentre, ownStates } from "./ownership.ts";
import type { CheckResultsSettings } from "./settings.ts";

/** Brings one site's states into one core. Null: nothing is new since the last run. */
export async function reconcileStates(
  receiver: Opening,
  target: CheckResultsSettings,
  site: SiteId,
  readLive: () => Promise<LiveObjects>,
): Promise<ResultCounts | null> {
  const { world, settings, spool } = receiver;
  const directory = targetDirectory(spool, "checkresults", target.dir);
  const record = await loadSiteRecord(world.files, spool, site);
  const siteSettings = settings.sites[site];
  if (record === null || siteSettings === undefined) return null;
  const progressName = `${site}.settled`;
  const newest = (record.delta ?? record.keyframe)?.payloadHash ?? "";
  if ((await loadProgress(world, directory, progressName)) === newest) return null;

  const all = await loadStates(receiver, record);
  if (all === null) return null;
  const states = ownStates(all, isOwnHost(siteSettings));
  const { dir, core, mode } = target;
  const groupId = await receiver.groupId(target.group);
  const store = appliedStore(world, directory);
  const checkResults = checkResultsTarget(
    { ...world, store },
    { directory: dir, core, mode, groupId },
  );
  const hostName = nameAtCentre(siteSettings);
  const isLive = await readLive();
  const counts = await checkResults.apply({ site, states, hostName, isLive });
  // Files that the core hasn't read may grow too old for it: they are looked after until it has.
  const isRead = isSettled(counts) && (await store.load(site)).pending.size === 0;
  if (isRead) await saveProgress(world, directory, progressName, newest);
  return counts;
}

/** Nothing was written and nothing waits: looking at the same bundle again would change nothing. */
function isSettled(counts: ResultCounts): boolean {
  const { written, waitingForCore, waitingForConfiguration, future } = counts;
  return written + waitingForCore + waitingForConfiguration + future === 0;
}

/** The objects that the core has loaded, or all if the target doesn't name the core's cache. */
export async function readLiveObjects(
  { world }: Opening,
  { objectCache }: CheckResultsSettings,
): Promise<LiveObjects> {
  if (objectCache === undefined) return () => true;
  try {
    return liveObjects(await readCache(world.files, objectCache));
  } catch (cause) {
    // A core that never ran has no cache, and no objects.
    if (systemCode(cause) === "ENOENT") return () => false;
    throw new FerryError("system-error", `${objectCache} can't be read`, { cause });
  }
}
