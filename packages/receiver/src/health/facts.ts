// What the receiver knows of each site, read from its spool. Changes nothing and needs no lock.

import { siteFile } from "@siteferry/apply";
import { parseBundleName, type SiteId } from "@siteferry/model";
import type { QuarantinedFile } from "@siteferry/spool";
import { liveFileNames, openTarget } from "../activation/target.ts";
import { loadActivation } from "../activation/record.ts";
import { isApproved } from "../activation/words.ts";
import { targetDirectory } from "../applied-store.ts";
import { icinga2Directory } from "../icinga2-settings.ts";
import { loadSiteRecord } from "../mirror.ts";
import type { Opening } from "../opening.ts";
import { loadPackagedSites, packageStore } from "../package-store.ts";
import { readQuarantine } from "../quarantine.ts";
import type { ReceiverSettings } from "../settings.ts";
import { secondsAhead } from "../site-clock.ts";
import type { Quarantined, SiteFacts } from "./judge.ts";
import { loadRefusedValues, type RefusedValues } from "./refused-values.ts";
import { trafficOfDay } from "./traffic.ts";

/** With the cache of a receiver that runs, each file in the quarantine is looked at once. */
export type Asking = Pick<Opening, "world" | "settings" | "spool" | "core" | "groupId"> &
  Partial<Pick<Opening, "cache">>;

export interface CentreFacts {
  readonly sites: readonly SiteFacts[];
  /** What was refused of nobody that the settings name, the newest first. */
  readonly strangers: readonly Quarantined[];
}

export async function readFacts(opening: Asking): Promise<CentreFacts> {
  const { world, settings, spool } = opening;
  const all = await readQuarantine(world.files, settings, opening.cache?.quarantined);
  const refused = Map.groupBy(all, siteOf);
  const targets = await readTargets(opening);
  const nowMs = world.clock.now();
  const facts: SiteFacts[] = [];
  for (const site of Object.keys(settings.sites) as SiteId[]) {
    // A damaged record is what the receiver itself complains of.
    const record = await loadSiteRecord(world.files, spool, site).catch(() => null);
    const newest = record?.arrivals?.at(-1);
    const values = targets.flatMap(({ refusedValues }) => refusedValues[site] ?? []);
    facts.push({
      site,
      keptMs: newest?.keptMs ?? null,
      createdMs: newest?.createdMs ?? null,
      aheadSeconds: secondsAhead(record?.arrivals ?? []),
      outbox: record?.outbox ?? { waiting: 0, oldest: 0 },
      counted: record?.counted ?? null,
      bundles: record?.traffic?.bundles ?? 0,
      bytes: record?.traffic?.bytes ?? 0,
      trafficOfDay: trafficOfDay(record?.traffic, nowMs),
      missed: record?.mark.missed ?? 0,
      missedMs: record?.missedMs ?? 0,
      quarantined: (refused.get(site) ?? []).map(quarantinedOf),
      awaitsApproval:
        (record?.config ?? null) !== null && (await awaitsApproval(opening, site, targets)),
      removalHeld: (record?.held ?? null) !== null,
      objectsStay: (record?.config ?? null) === null && targets.some(({ isLive }) => isLive(site)),
      rejected: targets.map(({ rejected }) => rejected[site]).find(Boolean) ?? null,
      refusedValues: values.flatMap(({ first }) => first),
      refusedValueCount: values.reduce((sum, { count }) => sum + count, 0),
    });
  }
  return { sites: facts, strangers: strangersIn(all, settings).map(quarantinedOf) };
}

/** Of refused files those of no site that the settings name. */
export function strangersIn(
  all: readonly QuarantinedFile[],
  { sites }: ReceiverSettings,
): readonly QuarantinedFile[] {
  return all.filter((file) => !Object.hasOwn(sites, siteOf(file) ?? ""));
}

/** A file whose link doesn't say whose it is counts for the site that it claims. */
function siteOf({ site, note }: QuarantinedFile): string | undefined {
  return site.startsWith("_") ? parseBundleName(note.name)?.site : site;
}

function quarantinedOf({ id, note: { code, message, refusedAt } }: QuarantinedFile): Quarantined {
  return { id, code, message, refusedMs: Date.parse(refusedAt) };
}

interface TargetFacts {
  readonly refusedValues: RefusedValues;
  /** The core's words by site. */
  readonly rejected: Readonly<Record<string, string>>;
  /** Whether it has objects of a site; an Icinga 2 as far as a run had to ask it. */
  isLive(site: SiteId): boolean;
}

async function readTargets(opening: Asking): Promise<readonly TargetFacts[]> {
  const { world, settings, spool } = opening;
  const found: TargetFacts[] = [];
  for (const target of settings.targets) {
    if ("icinga2" in target) {
      const directory = icinga2Directory(spool, target.icinga2);
      const refusedValues = await loadRefusedValues(world, directory);
      const live = await loadPackagedSites(world, directory);
      const { rejected } = await packageStore(world, directory).load();
      found.push({ refusedValues, rejected, isLive: (site) => live.includes(site) });
    } else if ("objects" in target) {
      const directory = targetDirectory(spool, "objects", target.objects.dir);
      const record = await loadActivation(world, directory);
      const open = await openTarget(opening, { ...target.objects, activate: undefined });
      const liveFiles = await liveFileNames(open, record);
      const rejected = Object.entries(record.rejected).map(([site, one]) => [site, one.reason]);
      found.push({
        refusedValues: await loadRefusedValues(world, directory),
        rejected: Object.fromEntries(rejected),
        isLive: (site) => liveFiles.includes(siteFile(site)),
      });
    }
  }
  return found;
}

async function awaitsApproval(
  { world, settings, spool }: Asking,
  site: SiteId,
  targets: readonly TargetFacts[],
): Promise<boolean> {
  const one = { site, settings: settings.sites[site]! };
  const isIn = async ({ isLive }: TargetFacts): Promise<boolean> =>
    await isApproved(world.files, spool, one, isLive(site));
  for (const target of targets) if (!(await isIn(target))) return true;
  return false;
}
