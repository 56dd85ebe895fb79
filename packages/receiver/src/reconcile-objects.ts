// Reconcile, objects: the configurations of all sites into the core's object directory. Rendered
// only when a configuration or what the settings say about a site changed.

import {
  type ObjectsChange,
  objectsTarget,
  renderObjects,
  type SiteObjects,
} from "@siteferry/apply";
import type { BundleHeader } from "@siteferry/bundle";
import { errorFields, explain, FerryError, type FileSystem, type SiteId } from "@siteferry/model";
import { loadProgress, saveProgress, targetDirectory } from "./applied-store.ts";
import { loadSiteRecord, reopen } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, nameAtCentre } from "./ownership.ts";
import type { ObjectsSettings, SiteSettings } from "./settings.ts";

const progressName = "rendered";

/** Null: nothing to render. */
export async function reconcileObjects(
  receiver: Opening,
  target: ObjectsSettings,
): Promise<ObjectsChange | null> {
  const { world, spool } = receiver;
  const { dir, mode, illegalNameCharacters } = target;
  const directory = targetDirectory(spool, "objects", dir);
  const known = await knownConfigurations(receiver);
  const wanted = JSON.stringify([target, known]);
  // What somebody else deleted or cut is written again.
  const asLeft = async (): Promise<string> => `${wanted}\n${await outlineOf(world.files, dir)}`;
  if ((await asLeft()) === (await loadProgress(world, directory, progressName))) return null;

  const sites: SiteObjects[] = [];
  const kept: SiteId[] = [];
  for (const configuration of known) {
    const objects = await siteObjects(receiver, configuration);
    if (objects === null) kept.push(configuration.site);
    else sites.push(objects);
  }
  const rendered = renderObjects(sites, illegalNameCharacters);
  const groupId = await receiver.groupId(target.group);
  const objects = objectsTarget(world, { directory: dir, mode, groupId });
  const change = await objects.apply(rendered, kept);
  if (kept.length === 0) await saveProgress(world, directory, progressName, await asLeft());
  return change;
}

/** Null: it can't be opened any more. Then its objects stay as they are, and the others go on. */
async function siteObjects(
  receiver: Opening,
  { site, header, settings }: KnownConfiguration,
): Promise<SiteObjects | null> {
  try {
    if (header === null) throw new FerryError("spool-damaged", `The record of ${site} is damaged`);
    const bundle = await reopen(receiver, header, "config");
    const { contacts, contactGroups } = settings;
    const hostName = nameAtCentre(settings);
    const isOwn = isOwnHost(settings);
    const configuration = {
      ...bundle.configuration,
      hosts: bundle.configuration.hosts.filter(({ name }) => isOwn(name)),
      services: bundle.configuration.services.filter(({ host_name }) => isOwn(host_name)),
    };
    return { site, configuration, hostName, contacts, contactGroups };
  } catch (error) {
    const failure = explain(error, `Opening the configuration of ${site}`);
    receiver.world.log.error(errorFields(failure), `The objects of ${site} stay as they are`);
    return null;
  }
}

/** Names and sizes of what lies in an object directory. */
async function outlineOf(files: FileSystem, directory: string): Promise<string> {
  const names = await files.list(directory).catch(() => []);
  const lines = names.map(async (name) => {
    const status = await files.status(`${directory}/${name}`);
    return `${name} ${status?.sizeBytes}`;
  });
  return (await Promise.all(lines)).toSorted().join("\n");
}

interface KnownConfiguration {
  readonly site: SiteId;
  /** Null: the record of the site is damaged. */
  readonly header: BundleHeader | null;
  readonly settings: SiteSettings;
}

async function knownConfigurations({
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
