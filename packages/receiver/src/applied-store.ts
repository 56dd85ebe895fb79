// What the targets remember, in the receiver's spool: per target and site the record of what the
// core was handed, and how far the target is.

import { createHash } from "node:crypto";
import {
  type AppliedRecord,
  type AppliedStore,
  decodeApplied,
  encodeApplied,
  nothingApplied,
} from "@siteferry/apply";
import { errorFields, FerryError, type SiteId, type World } from "@siteferry/model";
import { readState, replaceState, sweep } from "@siteferry/spool";

/** A directory of its own for each target; it follows the target's path, not its place in the list. */
export function targetDirectory(spool: string, kind: string, path: string): string {
  return `${spool}/state/${kind}-${createHash("sha256").update(path).digest("hex").slice(0, 12)}`;
}

/**
 * Records that are lost are begun anew: then each object's state is handed over once more, which a
 * core takes as one more check.
 */
export function appliedStore({ files, random, log }: World, directory: string): AppliedStore {
  const name = (site: SiteId): string => `${site}.applied`;
  return {
    async load(site) {
      try {
        const state = await readState(files, directory, name(site));
        return state === null ? nothingApplied : decodeApplied(state.content);
      } catch (error) {
        if (!(error instanceof FerryError) || error.code !== "spool-damaged") throw error;
        log.error({ ...errorFields(error), site }, "All states of the site are handed over again");
        return nothingApplied;
      }
    },
    async save(site, record: AppliedRecord) {
      await files.makeDirectory(directory, 0o700);
      // What a crash in the middle of an earlier save left.
      await sweep(files, directory);
      await replaceState(files, random, directory, name(site), encodeApplied(record));
    },
  };
}

/** Of all that a target's work depends on: another text when any of it is another. */
export function hashOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** A short text that says up to where a target has come; "" if that isn't known. */
export async function loadProgress(
  { files }: Pick<World, "files">,
  directory: string,
  name: string,
): Promise<string> {
  const state = await readState(files, directory, name).catch((error: unknown) => {
    // Not knowing only means doing it again.
    if (error instanceof FerryError && error.code === "spool-damaged") return null;
    throw error;
  });
  return state === null ? "" : new TextDecoder().decode(state.content);
}

/** Those of `sites` that weren't among them when this was asked last, in an earlier run. */
export async function newSites(
  world: World,
  directory: string,
  name: string,
  sites: readonly SiteId[],
): Promise<readonly SiteId[]> {
  const before = await loadProgress(world, directory, name);
  if (sites.join() !== before) await saveProgress(world, directory, name, sites.join());
  return sites.filter((site) => !before.split(",").includes(site));
}

export async function saveProgress(
  { files, random }: World,
  directory: string,
  name: string,
  progress: string,
): Promise<void> {
  await files.makeDirectory(directory, 0o700);
  await sweep(files, directory);
  await replaceState(files, random, directory, name, Buffer.from(progress));
}
