// The files of a generation: new ones of some sites, those of the live generation of others.

import {
  groupsFile,
  objectsOf,
  type ObjectFiles,
  outlineOf,
  parseObjectCache,
  type RenderedObjects,
  renderObjects,
  type CentreObjects,
  nothingAtCentre,
  siteFile,
  type SiteObjects,
} from "@siteferry/apply";
import type { SiteId } from "@siteferry/model";
import type { Opening } from "../opening.ts";
import type { ActivationRecord } from "./record.ts";
import { type OpenTarget, readObjectCache } from "./target.ts";

export interface Composed extends RenderedObjects {
  readonly files: ObjectFiles;
}

/** Renders `sites`; of the sites in `kept` the files and groups of the live generation stay. */
export function compose(
  { spool }: Pick<Opening, "spool">,
  { settings }: Pick<OpenTarget, "settings">,
  centre: CentreObjects,
  sites: readonly SiteObjects[],
  { kept, live }: { readonly kept: readonly SiteId[]; readonly live: ObjectFiles },
): Composed {
  const rendered = renderObjects(sites, {
    illegalNameCharacters: settings.illegalNameCharacters,
    illegalValueCharacters: settings.illegalValueCharacters,
    centre: withHostsOf(centre, kept, live),
    recordsDirectory: `${spool}/sites`,
  });
  const files = new Map(rendered.files);
  const stays = kept.filter((site) => live.has(siteFile(site)));
  for (const site of stays) files.set(siteFile(site), live.get(siteFile(site))!);
  if (stays.length > 0) {
    files.set(groupsFile, withOlderGroups(files.get(groupsFile)!, live.get(groupsFile) ?? ""));
  }
  return { ...rendered, files };
}

/** What stays keeps its hosts: another site can't get them meanwhile. */
function withHostsOf(
  centre: CentreObjects,
  kept: readonly SiteId[],
  live: ObjectFiles,
): CentreObjects {
  if (kept.length === 0) return centre;
  const texts = kept.map((site) => [siteFile(site), live.get(siteFile(site)) ?? ""] as const);
  const hosts = namesOf("host", objectsOf(outlineOf(new Map(texts))));
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
  { live, history }: Pick<ActivationRecord, "live" | "history">,
): Promise<CentreObjects> {
  const cache = await readObjectCache(target);
  if (cache === null) return nothingAtCentre;
  const known = new Set(parseObjectCache(cache));
  for (const id of [live, ...history]) {
    const files = id === null ? null : await target.generations.read(id);
    for (const key of files === null ? [] : outlineOf(files).keys()) known.delete(key);
  }
  const keys = [...known];
  return {
    hosts: namesOf("host", keys),
    hostgroups: namesOf("hostgroup", keys),
    servicegroups: namesOf("servicegroup", keys),
  };
}

function namesOf(kind: string, keys: readonly string[]): Set<string> {
  const prefix = `${kind} `;
  return new Set(
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  );
}
