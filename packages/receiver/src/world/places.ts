// How many stand at the door: processes that links start, beside the daemon. All of it by locks on files
// below the receiver's own directory, which end with their process however that ends.

import { Busy } from "@siteferry/carry/contract";
import type { SiteId } from "@siteferry/model";
import { type Lock, nodeFiles, waitForLock, waitForPlace } from "@siteferry/spool";

/** A sender has two lanes, so that a small delta needn't wait for a large keyframe. */
const processesPerSiteMax = 2;
/** Of all sites: each holds a body of up to 64 MiB, some twice, beside the 90 MiB of its program. */
const workersMax = 8;
/** For one storing, synced, of another process. */
const storingMs = 10_000;

export interface Patience {
  /** How long one more process of a site waits: mostly for one of its own that is just ending. */
  readonly siteMs: number;
  /** How long one waits for its turn to work. Less than a sender's usual `timeout`. */
  readonly workMs: number;
}

export interface Place extends AsyncDisposable {}

const directory = "slots";

/** @param spool the receiver's own directory. */
export async function makePlaces(spool: string): Promise<void> {
  await nodeFiles.makeDirectory(`${spool}/${directory}`, 0o700);
}

/** A site's own place, from before its bundle is read. @throws Busy */
export async function enterForSite(
  spool: string,
  site: SiteId,
  { siteMs }: Patience,
): Promise<Place> {
  const path = `${spool}/${directory}/site-${site}`;
  const lock = await waitForPlace(path, processesPerSiteMax, siteMs);
  return placeOf(lock, `Other bundles of ${site} are being taken in`);
}

/** A place among those who hold much in memory, and work. @throws Busy */
export async function enterToWork(spool: string, { workMs }: Patience): Promise<Place> {
  const lock = await waitForPlace(`${spool}/${directory}/work`, workersMax, workMs);
  return placeOf(lock, "Too much is being taken in at once");
}

/** Nobody else stores anything of this site meanwhile, in whatever process. @throws Busy */
export async function aloneForSite<Result>(
  spool: string,
  site: SiteId,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = `${spool}/${directory}/site-${site}.door`;
  const lock = await waitForLock(path, storingMs);
  await using stack = new AsyncDisposableStack();
  stack.use(placeOf(lock, `Another bundle of ${site} is being stored`));
  return await work();
}

function placeOf(lock: Lock | null, reason: string): Place {
  if (lock === null) throw new Busy(reason, null);
  return { [Symbol.asyncDispose]: lock.release };
}
