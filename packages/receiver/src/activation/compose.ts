// The files of a generation: new ones of some sites, those of the live generation of others.

import {
  type CentreObjects,
  groupsFile,
  nothingAtCentre,
  type ObjectFiles,
  objectsIn,
  ObjectsRendering,
  outlineOf,
  siteFile,
  type SiteRefusal,
  siteServices,
  siteServicesFile,
  staleCommand,
  templatesFile,
} from "@siteferry/apply";
import { errorFields, explain, printable, type SiteId } from "@siteferry/model";
import { siteServicesAt } from "../health/service-name.ts";
import type { Opening } from "../opening.ts";
import { type KnownConfiguration, openSiteObjects } from "../configurations.ts";
import type { ActivationRecord } from "./record.ts";
import { type OpenTarget, readObjectCache } from "./target.ts";

export interface Composed {
  readonly files: ObjectFiles;
  /** Whose files are new; and of whom the live ones stay, also because theirs can't be opened. */
  readonly sites: readonly SiteId[];
  readonly kept: readonly SiteId[];
  readonly refused: readonly SiteRefusal[];
}

export interface Parts {
  readonly centre: CentreObjects;
  readonly chosen: readonly KnownConfiguration[];
  readonly kept: readonly SiteId[];
  readonly live: ObjectFiles;
}

/** One site after the other is opened and rendered: the rows of all together would be many. */
export async function compose(
  opening: Opening,
  target: OpenTarget,
  { centre, chosen, kept, live }: Parts,
): Promise<Composed> {
  const { illegalNameCharacters, illegalValueCharacters } = target.settings;
  const rendering = new ObjectsRendering({
    illegalNameCharacters,
    illegalValueCharacters,
    patternCharacters: target.main?.patternCharacters,
    centre: withHostsOf(centre, kept, live),
    recordsDirectory: `${opening.spool}/sites`,
  });
  const files = new Map([[templatesFile, rendering.templates()]]);
  for (const configuration of chosen) {
    const text = await renderSite(opening, rendering, configuration);
    if (text === null) {
      // Known only now; what it has at the centre no other one may take.
      const others = chosen.filter((other) => other !== configuration);
      const more = [...kept, configuration.site];
      return await compose(opening, target, { centre, chosen: others, kept: more, live });
    }
    files.set(siteFile(configuration.site), text);
  }
  const stays = kept.filter((site) => live.has(siteFile(site)));
  for (const site of stays) files.set(siteFile(site), live.get(siteFile(site))!);
  const ofSites = servicesOfSites(opening, centre);
  if (ofSites !== null) files.set(siteServicesFile, ofSites);
  const groups = rendering.groups();
  const isAlone = stays.length === 0;
  files.set(groupsFile, isAlone ? groups : withOlderGroups(groups, live.get(groupsFile) ?? ""));
  const sites = chosen.map(({ site }) => site);
  return { files, sites, kept, refused: rendering.refused };
}

/** Null: there are none, or the core doesn't know their host and would refuse them. */
function servicesOfSites({ world, settings }: Opening, centre: CentreObjects): string | null {
  const { host } = settings.health;
  if (host === undefined) return null;
  if (centre !== nothingAtCentre && !centre.hosts.has(host)) {
    world.log.warn({ host }, `The core has no host ${printable(host)}, which health.host names`);
    return null;
  }
  return siteServices(host, siteServicesAt(settings));
}

/** Null: it can't be opened or rendered, which is said; the other sites go on. */
async function renderSite(
  opening: Opening,
  rendering: ObjectsRendering,
  configuration: KnownConfiguration,
): Promise<string | null> {
  const objects = await openSiteObjects(opening, configuration);
  if (objects === null) return null;
  const { site } = configuration;
  try {
    return rendering.site(objects);
  } catch (error) {
    const failure = explain(error, `Rendering the objects of ${site}`);
    opening.world.log.error(errorFields(failure), `The objects of ${site} stay as they are`);
    return null;
  }
}

/** What stays keeps its hosts: another site can't get them meanwhile. */
function withHostsOf(
  centre: CentreObjects,
  kept: readonly SiteId[],
  live: ObjectFiles,
): CentreObjects {
  if (kept.length === 0) return centre;
  const texts = kept.map((site) => [siteFile(site), live.get(siteFile(site)) ?? ""] as const);
  const hosts = namesOf("host", objectsIn(new Map(texts)));
  return { ...centre, hosts: new Set([...centre.hosts, ...hosts]) };
}

/** `text` and the definitions of groups that stand only in `older`. */
function withOlderGroups(text: string, older: string): string {
  const outline = outlineOf(new Map([[groupsFile, text]]));
  const missing = [...outlineOf(new Map([[groupsFile, older]]))].filter(
    ([key]) => !outline.has(key),
  );
  return text + missing.map(([, block]) => `${block}\n\n`).join("");
}

/** What the core's cache has and none of our own generations: the centre's own. */
export async function readCentreObjects(
  target: OpenTarget,
  { live, history, failed }: Pick<ActivationRecord, "live" | "history" | "failed">,
): Promise<CentreObjects> {
  const cache = await readObjectCache(target);
  if (cache === null) return nothingAtCentre;
  const known = new Set(cache);
  const linked = await target.generations.live();
  const current = linked ?? live;
  for (const id of new Set([current, live, failed?.generation ?? null, ...history])) {
    const files = id === null ? null : await target.generations.read(id);
    // A lost record, another directory, or files that somebody changed: what is our own there nobody
    // knows any more. The core's check finds what would be there twice.
    if (files === null && id === current && cache.has(`command ${staleCommand}`)) {
      return nothingAtCentre;
    }
    for (const key of files === null ? [] : objectsIn(files)) known.delete(key);
  }
  return {
    hosts: namesOf("host", known),
    hostgroups: namesOf("hostgroup", known),
    servicegroups: namesOf("servicegroup", known),
  };
}

function namesOf(kind: string, keys: Iterable<string>): Set<string> {
  const prefix = `${kind} `;
  const names = new Set<string>();
  for (const key of keys) if (key.startsWith(prefix)) names.add(key.slice(prefix.length));
  return names;
}
