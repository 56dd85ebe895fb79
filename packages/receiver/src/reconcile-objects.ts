// Reconcile, objects: the configurations of all sites into the core's object directory. Rendered
// only when a configuration or what the settings say about a site changed.

import {
  type ObjectsChange,
  objectsTarget,
  renderObjects,
  type SiteObjects,
} from "@siteferry/apply";
import type { OpenedBundle } from "@siteferry/bundle";
import type { SiteId } from "@siteferry/model";
import { loadProgress, saveProgress, targetDirectory } from "./applied-store.ts";
import { loadSiteRecord, reopen } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { nameAtCentre } from "./ownership.ts";
import type { ObjectsSettings, SiteSettings } from "./settings.ts";

const progressName = "rendered";

/** Null: nothing to render. `fresh` holds the configurations that were opened in this run. */
export async function reconcileObjects(
  receiver: Opening,
  target: ObjectsSettings,
  fresh: ReadonlyMap<SiteId, OpenedBundle>,
): Promise<ObjectsChange | null> {
  const { world, spool } = receiver;
  const directory = targetDirectory(spool, "objects", target.dir);
  const known = await knownConfigurations(receiver);
  const wanted = JSON.stringify([target, known]);
  if (wanted === (await loadProgress(world, directory, progressName))) return null;

  const { dir, mode, illegalNameCharacters } = target;
  const groupId = await receiver.groupId(target.group);
  const sites: SiteObjects[] = [];
  for (const { site, name, settings } of known) {
    const bundle = fresh.get(site) ?? (await reopen(receiver, site, name));
    if (bundle.kind !== "config") continue;
    const { contacts, contactGroups } = settings;
    const hostName = nameAtCentre(settings);
    sites.push({ site, configuration: bundle.configuration, hostName, contacts, contactGroups });
  }
  const rendered = renderObjects(sites, illegalNameCharacters);
  const objects = objectsTarget(world, { directory: dir, mode, groupId });
  const change = await objects.apply(rendered);
  await saveProgress(world, directory, progressName, wanted);
  return change;
}

interface KnownConfiguration {
  readonly site: SiteId;
  readonly name: string;
  readonly settings: SiteSettings;
}

async function knownConfigurations({
  world,
  settings,
  spool,
}: Opening): Promise<readonly KnownConfiguration[]> {
  const known: KnownConfiguration[] = [];
  for (const [site, siteSettings] of Object.entries(settings.sites) as [SiteId, SiteSettings][]) {
    const name = (await loadSiteRecord(world.files, spool, site))?.configuration ?? null;
    if (name !== null) known.push({ site, name, settings: siteSettings });
  }
  return known;
}
