// Hosts that the centre defines itself. Where siteferry makes the sites' objects live it knows them, and
// takes no states for them: a site that may speak for any name could report the centre's own as up.

import { hostsDefinedIn, siteFile } from "@siteferry/apply";
import {
  type FileSystem,
  type HostName,
  limits,
  type Log,
  type SiteId,
  type States,
} from "@siteferry/model";
import { loadActivation } from "./activation/record.ts";
import { openTarget } from "./activation/target.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, matcher, nameAtCentre, ownStates } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";

/** The hosts of a site that the core has from siteferry, by their names at the centre. */
export type OwnHosts = (site: SiteId) => Promise<ReadonlySet<string>>;

/** Null: for this core nobody's objects are made live, so what is the centre's own can't be told. */
export async function ownHostsAt(
  opening: Opening,
  objectCache: string | undefined,
): Promise<OwnHosts | null> {
  for (const target of opening.settings.targets) {
    if (!("objects" in target) || target.objects.activate === undefined) continue;
    const { main, generations, world, directory } = await openTarget(opening, target.objects);
    if (objectCache === undefined || main?.object_cache_file !== objectCache) continue;
    const { live } = await loadActivation(world, directory);
    if (live === null) return async () => new Set();
    return async (site) =>
      await hostsIn(world.files, `${generations.pathOf(live)}/${siteFile(site)}`);
  }
  return null;
}

async function hostsIn(files: FileSystem, path: string): Promise<Set<string>> {
  if ((await files.status(path)) === null) return new Set();
  const text = new TextDecoder().decode(await files.read(path, limits.stateBytesMax));
  return new Set(hostsDefinedIn(text));
}

/** The states that a site may speak for, and how many hosts it may not because they are the centre's own. */
export function statesFor(
  settings: SiteSettings,
  all: States,
  isCentres: (host: HostName) => boolean,
): { readonly states: States; readonly centreHosts: number } {
  const isOwn = isOwnHost(settings);
  const isFed = matcher(settings.feeds);
  const nameOf = nameAtCentre(settings);
  const left = new Set<HostName>();
  const mayBe = (host: HostName): boolean => {
    if (!isOwn(host)) return false;
    const name = nameOf(host);
    if (!isCentres(name) || isFed(name)) return true;
    left.add(host);
    return false;
  };
  return {
    states: ownStates(all, mayBe),
    centreHosts: left.size,
  };
}

export function tellCentreHosts(log: Log, site: SiteId, centreHosts: number): void {
  const message = `${site} sends states of hosts that the centre defines itself: feeds may allow them`;
  log.warn({ site, centreHosts }, message);
}
