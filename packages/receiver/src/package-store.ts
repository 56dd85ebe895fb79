// What the target icinga2 remembers of its uploads and of the package, besides what the core itself shows.

import { nothingUploaded, type PackageMemory, type PackageStore } from "@siteferry/apply";
import type { SiteId, World } from "@siteferry/model";
import { loadProgress, saveProgress } from "./applied-store.ts";

const name = "uploads";

/** Memory that is lost only means that something is uploaded once more. */
export function packageStore(world: World, directory: string): PackageStore {
  return {
    async load() {
      const text = await loadProgress(world, directory, name);
      return text === ""
        ? nothingUploaded
        : { ...nothingUploaded, ...(JSON.parse(text) as PackageMemory) };
    },
    async save(memory) {
      await saveProgress(world, directory, name, JSON.stringify(memory));
    },
  };
}

/** All that is wanted is active: what was refused isn't wanted any more. */
export async function forgetRejected(store: PackageStore): Promise<void> {
  const memory = await store.load();
  if (Object.keys(memory.rejected).length > 0) await store.save({ ...memory, rejected: {} });
}

const sitesName = "packaged";

/** The sites that the active package has objects of, as it was seen last. */
export async function loadPackagedSites(
  world: Pick<World, "files">,
  directory: string,
): Promise<readonly SiteId[]> {
  return (await loadProgress(world, directory, sitesName)).split(",") as SiteId[];
}

export async function savePackagedSites(
  world: World,
  directory: string,
  sites: readonly SiteId[],
): Promise<void> {
  if (sites.join() === (await loadPackagedSites(world, directory)).join()) return;
  await saveProgress(world, directory, sitesName, sites.join());
}
