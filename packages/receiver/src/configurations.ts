// The configurations of all sites, as targets that render objects need them.

import type { SiteObjects } from "@siteferry/apply";
import type { BundleHeader } from "@siteferry/bundle";
import { errorFields, explain, FerryError, type SiteId } from "@siteferry/model";
import { loadSiteRecord, reopen } from "./mirror.ts";
import { styleOf } from "./objects-settings.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, nameAtCentre } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";

export interface KnownConfiguration {
  readonly site: SiteId;
  /** Null: the record of the site is damaged. */
  readonly header: BundleHeader | null;
  readonly settings: SiteSettings;
}

export async function knownConfigurations({
  world,
  settings,
  spool,
}: Opening): Promise<readonly KnownConfiguration[]> {
  const known: KnownConfiguration[] = [];
  for (const [site, siteSettings] of Object.entries(settings.sites) as [SiteId, SiteSettings][]) {
    const damaged = { config: null };
    const record = await loadSiteRecord(world.files, spool, site).catch(() => damaged);
    const isKnown = record === damaged || record?.config;
    if (isKnown) known.push({ site, header: record?.config ?? null, settings: siteSettings });
  }
  return known;
}

/** Null: it can't be opened any more, which is said. */
export async function openSiteObjects(
  opening: Opening,
  { site, header, settings }: KnownConfiguration,
): Promise<SiteObjects | null> {
  try {
    if (header === null) throw new FerryError("spool-damaged", `The record of ${site} is damaged`);
    const { configuration } = await reopen(opening, header, "config");
    // Needed again when something changes; that of all sites together is large.
    opening.cache.drop(site, "config");
    const isOwn = isOwnHost(settings);
    return {
      site,
      hostName: nameAtCentre(settings),
      style: styleOf(settings.objects, settings),
      configuration: {
        ...configuration,
        hosts: configuration.hosts.filter(({ name }) => isOwn(name)),
        services: configuration.services.filter(({ host_name }) => isOwn(host_name)),
      },
    };
  } catch (error) {
    const failure = explain(error, `Opening the configuration of ${site}`);
    opening.world.log.error(errorFields(failure), `The objects of ${site} stay as they are`);
    return null;
  }
}
