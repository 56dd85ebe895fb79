// The object directory of a core: one file a site, the templates and the groups. A file is replaced
// durably and only when its content changed, so that nobody reloads a core for nothing.

import {
  type FileSystem,
  type Log,
  parseSiteId,
  type Random,
  type SiteId,
  systemCode,
} from "@siteferry/model";
import { FerryError, limits, printable } from "@siteferry/model";
import { groupsFile, type RenderedObjects, siteFile } from "./render.ts";

export interface ObjectsOptions {
  /** A directory of its own that the core includes with `cfg_dir`. */
  readonly directory: string;
  readonly mode: number;
  /** Null: files keep the group that the directory gives them. */
  readonly groupId: number | null;
}

/** Names of the files that are new or other than before, and of those that are gone. */
export interface ObjectsChange {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

export interface ObjectsTarget {
  /**
   * Makes the directory hold what was rendered. Files of sites that are gone are removed, everything
   * that isn't siteferry's stays. The files of sites in `kept` stay as they are, and with them the
   * groups that they may need.
   * @throws FerryError `system-error`; what was written stays whole, file by file.
   */
  apply(rendered: RenderedObjects, kept?: readonly SiteId[]): Promise<ObjectsChange>;
}

/** Refused values that are logged one by one; a hostile site could send a million. */
const refusalsLoggedMax = 20;

export function objectsTarget(
  world: { readonly files: FileSystem; readonly random: Random; readonly log: Log },
  options: ObjectsOptions,
): ObjectsTarget {
  return {
    async apply(rendered, kept = []) {
      logRefusals(world.log, rendered);
      try {
        return await replaceFiles(world, options, rendered.files, kept);
      } catch (error) {
        if (error instanceof FerryError || systemCode(error) === undefined) throw error;
        const message = `Objects in ${printable(options.directory)}: ${(error as Error).message}`;
        throw new FerryError("system-error", message, { cause: error });
      }
    },
  };
}

async function replaceFiles(
  { files, random }: { readonly files: FileSystem; readonly random: Random },
  { directory, mode, groupId }: ObjectsOptions,
  wanted: ReadonlyMap<string, string>,
  kept: readonly SiteId[],
): Promise<ObjectsChange> {
  await files.makeDirectory(directory, 0o755);
  const keptFiles = new Set(kept.map(siteFile));
  const written: string[] = [];
  const removed: string[] = [];
  for (const [name, text] of wanted) {
    const path = `${directory}/${name}`;
    const isShared = name === groupsFile && kept.length > 0;
    const content = Buffer.from(isShared ? await withOlderGroups(files, path, text) : text);
    if (await holds(files, path, content)) continue;
    // Not `.cfg`, or the core would read half a file.
    const temporary = `${path}.${Buffer.from(random.bytes(4)).toString("hex")}.tmp`;
    await files.writeNew(temporary, content, mode);
    if (groupId !== null) await files.setOwner(temporary, groupId);
    await files.rename(temporary, path);
    written.push(name);
  }
  for (const name of await files.list(directory)) {
    if (!isOurs(name) || wanted.has(name) || keptFiles.has(name)) continue;
    await files.unlink(`${directory}/${name}`);
    if (name.endsWith(".cfg")) removed.push(name);
  }
  await files.syncDirectory(directory);
  return { written, removed };
}

/** `text` and the definitions of groups that stand only in the file at `path`. */
async function withOlderGroups(files: FileSystem, path: string, text: string): Promise<string> {
  if ((await files.status(path)) === null) return text;
  const older = Buffer.from(await files.read(path, limits.stateBytesMax)).toString();
  const nameOf = (block: string): string | undefined => /^  \w+_name .*$/m.exec(block)?.[0];
  const names = new Set(text.split("\n\n").map(nameOf));
  const missing = older.split("\n\n").filter((block) => block.startsWith("define "));
  const blocks = missing.filter((block) => !names.has(nameOf(block)));
  return text + blocks.map((block) => `${block}\n\n`).join("");
}

async function holds(files: FileSystem, path: string, content: Uint8Array): Promise<boolean> {
  const status = await files.status(path);
  if (status === null || status.kind !== "file" || status.sizeBytes !== content.length)
    return false;
  return Buffer.compare(await files.read(path, limits.stateBytesMax), content) === 0;
}

/** Site files and leftovers of an interrupted write. */
function isOurs(name: string): boolean {
  if (/^siteferry-.+\.cfg\.[0-9a-f]{8}\.tmp$/.test(name)) return true;
  const [, site] = /^siteferry-site-(.+)\.cfg$/.exec(name) ?? [];
  return site !== undefined && parseSiteId(site) !== null;
}

function logRefusals(log: Log, { refused }: RenderedObjects): void {
  for (const refusal of refused.slice(0, refusalsLoggedMax)) {
    log.warn(
      refusal,
      `A value of the site can't stand in object configuration: ${refusal.outcome}`,
    );
  }
  if (refused.length > refusalsLoggedMax) {
    log.warn({ refused: refused.length }, "More values were refused than are logged one by one");
  }
}
