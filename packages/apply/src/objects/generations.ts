// The object directory of a core, in generations. Each is a directory of its own, named after its
// content; one symbolic link says which of them the core reads, and going live is one rename:
//
//     <dir>/live → .generations/<id>          the core's cfg_dir is <dir>, and it follows the link
//     <dir>/.generations/<id>/siteferry-*.cfg  cores pass over names that begin with a dot
//
// So whatever dies in between, the core finds one whole generation or the other.

import { createHash } from "node:crypto";
import {
  FerryError,
  type FileSystem,
  limits,
  printable,
  type Random,
  systemCode,
} from "@siteferry/model";

export interface GenerationsOptions {
  /** A directory of its own that the core includes with `cfg_dir`. */
  readonly directory: string;
  /** Of the files. */
  readonly mode: number;
  /** Null: files keep the group that the directory gives them. */
  readonly groupId: number | null;
}

/** 16 hexadecimal digits: a hash of names and texts. */
export type GenerationId = string;

/** Text by file name. */
export type ObjectFiles = ReadonlyMap<string, string>;

export interface Generations {
  /** The one that the core reads, or will read at its next start; null if there is none. */
  live(): Promise<GenerationId | null>;
  pathOf(id: GenerationId): string;
  /** Null if it isn't there whole. */
  read(id: GenerationId): Promise<ObjectFiles | null>;
  /** When it returns, the generation is there durably. Repairs one that was written in part. */
  write(files: ObjectFiles): Promise<GenerationId>;
  /** The core's next start reads this one; null: none. */
  switchTo(id: GenerationId | null): Promise<void>;
  /** Removes all but these, and what a crash left. */
  prune(kept: readonly GenerationId[]): Promise<void>;
}

const liveName = "live";
const below = ".generations";
const idPattern = /^[0-9a-f]{16}$/;
const temporaryPattern = /^\.[\w.-]+\.[0-9a-f]{8}\.tmp$/;

/** Every method throws FerryError `system-error` that names the directory. */
export function openGenerations(
  files: FileSystem,
  random: Random,
  options: GenerationsOptions,
): Generations {
  const { directory } = options;
  const pathOf = (id: GenerationId): string => `${directory}/${below}/${id}`;
  const named = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FerryError || systemCode(error) === undefined) throw error;
      const message = `Objects in ${printable(directory)}: ${(error as Error).message}`;
      throw new FerryError("system-error", message, { cause: error });
    }
  };
  return {
    live: () => named(() => readLive(files, directory)),
    pathOf,
    read: (id) => named(() => readGeneration(files, pathOf(id), id)),
    write: (wanted) => named(() => writeGeneration(files, random, options, wanted)),
    switchTo: (id) => named(() => switchTo(files, random, directory, id)),
    prune: (kept) => named(() => prune(files, directory, kept)),
  };
}

export function generationOf(files: ObjectFiles): GenerationId {
  const hash = createHash("sha256");
  for (const name of [...files.keys()].sort()) {
    hash.update(JSON.stringify([name, files.get(name)]));
  }
  return hash.digest("hex").slice(0, 16);
}

async function readLive(files: FileSystem, directory: string): Promise<GenerationId | null> {
  const target = (await files.readLink(`${directory}/${liveName}`)) ?? "";
  const id = target.slice(`${below}/`.length);
  return target === `${below}/${id}` && idPattern.test(id) ? id : null;
}

async function readGeneration(
  files: FileSystem,
  path: string,
  id: GenerationId,
): Promise<ObjectFiles | null> {
  const found = new Map<string, string>();
  try {
    for (const name of (await files.list(path)).sort()) {
      if (!name.endsWith(".cfg")) continue;
      const bytes = await files.read(`${path}/${name}`, limits.stateBytesMax);
      found.set(name, new TextDecoder().decode(bytes));
    }
  } catch (error) {
    if (systemCode(error) !== "ENOENT" && !(error instanceof FerryError)) throw error;
    return null;
  }
  return generationOf(found) === id ? found : null;
}

async function writeGeneration(
  files: FileSystem,
  random: Random,
  { directory, mode, groupId }: GenerationsOptions,
  wanted: ObjectFiles,
): Promise<GenerationId> {
  const id = generationOf(wanted);
  const path = `${directory}/${below}/${id}`;
  await files.makeDirectory(path, 0o755);
  for (const [name, text] of wanted) {
    const content = Buffer.from(text);
    if (await holds(files, `${path}/${name}`, content)) continue;
    const temporary = `${path}/.${name}.${Buffer.from(random.bytes(4)).toString("hex")}.tmp`;
    await files.writeNew(temporary, content, mode);
    if (groupId !== null) await files.setOwner(temporary, groupId);
    await files.rename(temporary, `${path}/${name}`);
  }
  for (const name of await files.list(path)) {
    if (!wanted.has(name)) await files.unlink(`${path}/${name}`);
  }
  await files.syncDirectory(path);
  await files.syncDirectory(`${directory}/${below}`);
  return id;
}

async function holds(files: FileSystem, path: string, content: Uint8Array): Promise<boolean> {
  const status = await files.status(path);
  if (status?.kind !== "file" || status.sizeBytes !== content.length) return false;
  return Buffer.compare(await files.read(path, limits.stateBytesMax), content) === 0;
}

async function switchTo(
  files: FileSystem,
  random: Random,
  directory: string,
  id: GenerationId | null,
): Promise<void> {
  await files.makeDirectory(directory, 0o755);
  await removeLoose(files, directory);
  const link = `${directory}/${liveName}`;
  if (id === null) {
    await files.unlink(link);
  } else {
    const temporary = `${directory}/.${liveName}.${Buffer.from(random.bytes(4)).toString("hex")}.tmp`;
    await files.symlink(`${below}/${id}`, temporary);
    await files.rename(temporary, link);
  }
  await files.syncDirectory(directory);
}

/**
 * Until version 0.1 the files lay in the directory itself, and with them there the core would find all
 * objects twice. Those that need others go first.
 */
async function removeLoose(files: FileSystem, directory: string): Promise<void> {
  const loose = (await files.list(directory)).filter((name) => /^siteferry-.+\.cfg$/.test(name));
  if (loose.length === 0) return;
  for (const isShared of [false, true]) {
    for (const name of loose) {
      if (!name.startsWith("siteferry-site-") === isShared) {
        await files.unlink(`${directory}/${name}`);
      }
    }
    await files.syncDirectory(directory);
  }
}

async function prune(
  files: FileSystem,
  directory: string,
  kept: readonly GenerationId[],
): Promise<void> {
  await files.makeDirectory(`${directory}/${below}`, 0o755);
  for (const name of await files.list(directory)) {
    if (temporaryPattern.test(name)) await files.unlink(`${directory}/${name}`);
  }
  for (const id of await files.list(`${directory}/${below}`)) {
    if (!idPattern.test(id) || kept.includes(id)) continue;
    const path = `${directory}/${below}/${id}`;
    for (const name of await files.list(path)) await files.unlink(`${path}/${name}`);
    await files.removeDirectory(path);
  }
}
