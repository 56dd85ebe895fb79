// The configurations of all sites, as targets that render objects need them.

import type { SiteObjects } from "@siteferry/apply";
import type { BundleHeader } from "@siteferry/bundle";
import { errorFields, explain, type SiteId } from "@siteferry/model";
import { newSites } from "./applied-store.ts";
import { loadSiteRecord, reopen } from "./mirror.ts";
import { styleOf } from "./objects-settings.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, nameAtCentre } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";

export interface KnownConfiguration {
  readonly site: SiteId;
  /** Null: none is here, as the record is lost or damaged; what is live of the site stays. */
  readonly header: BundleHeader | null;
  readonly settings: SiteSettings;
}

/** `isLive`: whether the target has objects of a site, which the spool may have forgotten. */
export async function knownConfigurations(
  { world, settings, spool }: Pick<Opening, "world" | "settings" | "spool">,
  isLive: (site: SiteId) => boolean | Promise<boolean>,
): Promise<readonly KnownConfiguration[]> {
  const known: KnownConfiguration[] = [];
  for (const [site, siteSettings] of Object.entries(settings.sites) as [SiteId, SiteSettings][]) {
    const damaged = { config: null };
    const record = await loadSiteRecord(world.files, spool, site).catch(() => damaged);
    const header = record?.config ?? null;
    const isKnown = header !== null || record === damaged || (await isLive(site));
    if (isKnown) known.push({ site, header, settings: siteSettings });
  }
  return known;
}

/** Said once of each: no configuration of these is here, so that what is live of them stays. */
export async function tellKept(
  { world, spool }: Pick<Opening, "world" | "spool">,
  directory: string,
  sites: readonly SiteId[],
): Promise<void> {
  for (const site of await newSites(world, directory, "kept", sites)) {
    try {
      await loadSiteRecord(world.files, spool, site);
      const message = `No configuration of ${site} is in ${spool}: its objects stay as they are`;
      world.log.warn({ site, spool }, message);
    } catch (error) {
      const failure = explain(error, `Reading what is known of ${site}`);
      world.log.error(errorFields(failure), `The objects of ${site} stay as they are`);
    }
  }
}

/** Null: it can't be opened any more, which is said, or isn't here. */
export async function openSiteObjects(
  opening: Opening,
  { site, header, settings }: KnownConfiguration,
): Promise<SiteObjects | null> {
  if (header === null) return null;
  try {
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
