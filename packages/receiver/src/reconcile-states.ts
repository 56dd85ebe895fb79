// Reconcile, states: what the mirror knows of a site against what the core was handed. Level
// triggered: a crash, a slow core or objects that aren't live yet only mean that the next run finds
// a difference again.

import {
  type AttemptsMax,
  checkResultsTarget,
  objectKey,
  type ResultCounts,
} from "@siteferry/apply";
import { type HostName, limits, type SiteId } from "@siteferry/model";
import { type OwnHosts, statesFor, tellCentreHosts } from "./centre-hosts.ts";
import {
  appliedStore,
  hashOf,
  loadProgress,
  saveProgress,
  targetDirectory,
} from "./applied-store.ts";
import type { LiveCore } from "./live-objects.ts";
import { loadSiteRecord, reopen, type SiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { nameAtCentre } from "./ownership.ts";
import { loadShownStates, shownStamp, type SilentSites } from "./silence.ts";
import { correctionAt } from "./site-clock.ts";
import type { CheckResultsSettings, SiteSettings } from "./settings.ts";

/** What is asked about a core only when there is something to hand over. */
export interface AtCentre {
  readLive(): Promise<LiveCore>;
  /** Another text when the core has loaded its objects anew. */
  readonly cacheStamp: string;
  /** Null: it can't be told what is the centre's own. */
  readonly ownHosts: OwnHosts | null;
  readonly silent: SilentSites;
}

export interface StateCounts extends ResultCounts {
  /** Hosts of the centre's own, whose states were left out. */
  readonly centreHosts: number;
}

/** Brings one site's states into one core. Null: nothing is new since the last run. */
export async function reconcileStates(
  receiver: Opening,
  target: CheckResultsSettings,
  site: SiteId,
  { readLive, cacheStamp, ownHosts, silent }: AtCentre,
): Promise<StateCounts | null> {
  const { world, settings, spool } = receiver;
  const directory = targetDirectory(spool, "checkresults", target.dir);
  const record = await loadSiteRecord(world.files, spool, site);
  const siteSettings = settings.sites[site];
  if (record === null || siteSettings === undefined) return null;
  const progressName = `${site}.settled`;
  const { arrivals = [] } = record;
  const secondsAhead = await correctionAt(world, directory, site, siteSettings, arrivals);
  // What is too old for the core isn't by another correction.
  const silence = silent.get(site);
  const objects = [cacheStamp, await ownHosts?.stamp(site)];
  const newest = hashOf(shownStamp(record, silence), secondsAhead, siteSettings, ...objects);
  if ((await loadProgress(world, directory, progressName)) === newest) return null;

  const all = await loadShownStates(receiver, site, record, silence);
  if (all === null) return null;
  const hostName = nameAtCentre(siteSettings);
  const { isLive, isWhole } = await readLive();
  const own = (await ownHosts?.of(site)) ?? null;
  const isCentres = (host: HostName): boolean =>
    own !== null && isLive(host, null) && !own.has(host);
  const { states, centreHosts } = statesFor(siteSettings, all, isCentres);
  if (centreHosts > 0) tellCentreHosts(world.log, site, centreHosts);
  const { dir, core, mode } = target;
  const groupId = await receiver.groupId(target.group);
  const store = appliedStore(world, directory);
  const checkResults = checkResultsTarget(
    { ...world, store },
    { directory: dir, core, mode, groupId },
  );
  const attemptsMax =
    siteSettings.objects.attempts === "mirror"
      ? () => loadAttemptsMax(receiver, record, siteSettings)
      : undefined;
  const one = { site, states, hostName, isLive, isWhole, attemptsMax, secondsAhead };
  const counts = await checkResults.apply(one);
  // Files that the core hasn't read may grow too old for it: they are looked after until it has.
  const isRead = isSettled(counts) && (await store.load(site)).pending.size === 0;
  if (isRead && isWhole) await saveProgress(world, directory, progressName, newest);
  return { ...counts, centreHosts };
}

/** What the site's objects have been rendered with; 1 is what stands in their template. */
async function loadAttemptsMax(
  receiver: Opening,
  { config }: SiteRecord,
  settings: SiteSettings,
): Promise<AttemptsMax> {
  if (config === null) return () => 1;
  const { configuration } = await reopen(receiver, config, "config");
  const hostName = nameAtCentre(settings);
  const rendered = (attempts: number): boolean =>
    attempts > 1 && attempts <= limits.checkAttemptsMax;
  const all = new Map<string, number>();
  for (const { name, max_check_attempts: attempts } of configuration.hosts) {
    if (rendered(attempts)) all.set(objectKey(hostName(name), null), attempts);
  }
  for (const { host_name, description, max_check_attempts: attempts } of configuration.services) {
    if (rendered(attempts)) all.set(objectKey(hostName(host_name), description), attempts);
  }
  return (host, service) => all.get(objectKey(host, service)) ?? 1;
}

/** Nothing was written and nothing waits: looking at the same bundle again would change nothing. */
function isSettled(counts: ResultCounts): boolean {
  const { written, waitingForCore, waitingForConfiguration, future } = counts;
  return written + waitingForCore + waitingForConfiguration + future === 0;
}
