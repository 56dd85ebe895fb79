// One object target, opened for a run: its directory of generations, its record, its core.

import {
  type GenerationId,
  type Generations,
  type MainConfiguration,
  ObjectCache,
  type ObjectFiles,
  openGenerations,
  parseMainConfiguration,
} from "@siteferry/apply";
import { FerryError, type FileSystem, limits, printable, type World } from "@siteferry/model";
import type { ActivationSettings, ObjectsSettings } from "../objects-settings.ts";
import { targetDirectory } from "../applied-store.ts";
import type { Opening } from "../opening.ts";
import type { CoreControl } from "./core-control.ts";
import type { ActivationRecord } from "./record.ts";

export interface OpenTarget {
  readonly world: World;
  readonly core: CoreControl;
  readonly settings: ObjectsSettings;
  readonly generations: Generations;
  /** Of this target in the receiver's spool. */
  readonly directory: string;
  /** Null: nobody said where it is, and nothing is checked or reloaded. */
  readonly main: CoreFiles | null;
}

interface CoreFiles extends MainConfiguration {
  /** The text of nagios.cfg. */
  readonly text: string;
  readonly activate: ActivationSettings;
}

/** @throws FerryError `settings-unreadable` if the core's main file can't be read. */
export async function openTarget(
  opening: Pick<Opening, "world" | "spool" | "core" | "groupId">,
  settings: ObjectsSettings,
): Promise<OpenTarget> {
  const { world, spool, core } = opening;
  const { dir, mode, activate } = settings;
  const groupId = await opening.groupId(settings.group);
  return {
    world,
    core,
    settings,
    directory: targetDirectory(spool, "objects", dir),
    generations: openGenerations(world.files, world.random, { directory: dir, mode, groupId }),
    main: activate === undefined ? null : await readCoreFiles(world, activate),
  };
}

async function readCoreFiles(
  { files }: Pick<World, "files">,
  activate: ActivationSettings,
): Promise<CoreFiles> {
  const { config } = activate;
  try {
    const bytes = await files.read(config, limits.stateBytesMax, { trusted: true });
    const text = new TextDecoder().decode(bytes);
    return { text, activate, ...parseMainConfiguration(text, config) };
  } catch (cause) {
    if (cause instanceof FerryError && cause.code === "settings-invalid") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FerryError("settings-unreadable", `${printable(config)}: ${printable(reason, 200)}`, {
      cause,
    });
  }
}

/** Names of the files that the core works with. */
export async function liveFileNames(
  target: OpenTarget,
  record: ActivationRecord,
): Promise<readonly string[]> {
  const { world, generations } = target;
  const id = await liveGeneration(target, record);
  return id === null ? [] : await world.files.list(generations.pathOf(id)).catch(() => []);
}

/** What the core works with, or was left with; empty if there is nothing. */
export async function readLive(target: OpenTarget, record: ActivationRecord): Promise<ObjectFiles> {
  const id = await liveGeneration(target, record);
  if (id === null) return new Map();
  return (await target.generations.read(id)) ?? (await readChanged(target, id));
}

/** Of a generation in which somebody changed something, the files as they are, but those of sites without a host. */
async function readChanged(
  { world: { files }, generations }: OpenTarget,
  id: GenerationId,
): Promise<ObjectFiles> {
  const path = generations.pathOf(id);
  const found = new Map<string, string>();
  for (const name of await files.list(path).catch(() => [])) {
    const bytes = await files.read(`${path}/${name}`, limits.stateBytesMax).catch(() => null);
    const text = bytes === null ? "" : new TextDecoder().decode(bytes);
    const isCut = name.startsWith("siteferry-site-") && !/^define host \{$/m.test(text);
    if (bytes !== null && !isCut) found.set(name, text);
  }
  return found;
}

/** A spool that was lost, or is an older one, doesn't know: what the link says, unless it is about to change. */
export async function liveGeneration(
  { generations }: Pick<OpenTarget, "generations">,
  { live, pending }: Pick<ActivationRecord, "live" | "pending">,
): Promise<GenerationId | null> {
  return pending === null ? ((await generations.live()) ?? live) : live;
}

/** Null: there is none, or it can't be read; the core writes it at every start. */
export async function readObjectCache({
  world,
  main,
}: OpenTarget): Promise<ReadonlySet<string> | null> {
  const path = main?.object_cache_file;
  if (path === undefined) return null;
  return await readCache(world.files, path).then(
    ({ known }) => known,
    () => null,
  );
}

/** Throws as {@link FileSystem} does. */
export async function readCache(files: FileSystem, path: string): Promise<ObjectCache> {
  const cache = new ObjectCache();
  const take = (part: Uint8Array): void => cache.add(part);
  await files.readParts(path, limits.stateBytesMax, take, { trusted: true });
  return cache;
}

/** Changes when the core writes its cache. */
export async function cacheStamp({ world, main }: OpenTarget): Promise<string> {
  return await fileStamp(world.files, main?.object_cache_file);
}

/** "" if there is none, or it can't be looked at. */
export async function fileStamp(files: FileSystem, path: string | undefined): Promise<string> {
  const status = path === undefined ? null : await files.status(path).catch(() => null);
  return status === null ? "" : `${status.modifiedMs} ${status.sizeBytes}`;
}
