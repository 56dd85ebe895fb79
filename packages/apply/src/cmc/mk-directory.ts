// A directory below Checkmk's conf.d that holds one `.mk` a site. A file is replaced durably, and only
// when its content changed; what isn't siteferry's stays.

import { type FileSystem, limits, parseSiteId, type Random, type SiteId } from "@siteferry/model";

/** Content by file name. */
export type MkFiles = ReadonlyMap<string, string>;

export interface MkOptions {
  readonly directory: string;
  readonly mode: number;
  /** Null: files keep the group that the directory gives them. */
  readonly groupId: number | null;
}

export interface MkDirectory {
  /** Of siteferry's own files. */
  read(): Promise<MkFiles>;
  /** Makes these the only ones; how many changed, came or went. Interrupted, each is old or new. */
  hold(wanted: MkFiles): Promise<number>;
}

export function mkFileName(site: SiteId): string {
  return `siteferry-${site}.mk`;
}

export function mkDirectory(
  { files, random }: { readonly files: FileSystem; readonly random: Random },
  { directory, mode, groupId }: MkOptions,
): MkDirectory {
  async function read(): Promise<MkFiles> {
    if ((await files.status(directory)) === null) return new Map();
    const found = new Map<string, string>();
    for (const name of (await files.list(directory)).filter(isOurs).toSorted()) {
      const bytes = await files.read(`${directory}/${name}`, limits.stateBytesMax);
      found.set(name, Buffer.from(bytes).toString("utf8"));
    }
    return found;
  }

  async function replace(name: string, content: string): Promise<void> {
    const path = `${directory}/${name}`;
    // Not `.mk`, or Checkmk would read half a file.
    const temporary = `${path}.${Buffer.from(random.bytes(4)).toString("hex")}.tmp`;
    await files.writeNew(temporary, Buffer.from(content), mode);
    if (groupId !== null) await files.setOwner(temporary, groupId);
    await files.rename(temporary, path);
  }

  return {
    read,
    async hold(wanted) {
      await files.makeDirectory(directory, 0o755);
      const there = await read();
      const changed = [...wanted].filter(([name, content]) => there.get(name) !== content);
      for (const [name, content] of changed) await replace(name, content);
      const gone = [...there.keys()].filter((name) => !wanted.has(name));
      const leftovers = (await files.list(directory)).filter(isLeftover);
      for (const name of [...gone, ...leftovers]) await files.unlink(`${directory}/${name}`);
      await files.syncDirectory(directory);
      return changed.length + gone.length;
    },
  };
}

function isOurs(name: string): boolean {
  const [, site] = /^siteferry-(.+)\.mk$/.exec(name) ?? [];
  return site !== undefined && parseSiteId(site) !== null;
}

/** Of an interrupted write. */
function isLeftover(name: string): boolean {
  return /^siteferry-.+\.mk\.[0-9a-f]{8}\.tmp$/.test(name);
}
