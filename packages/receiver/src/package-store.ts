// What the target icinga2 remembers of its uploads, besides what the core itself shows.

import { nothingUploaded, type PackageMemory, type PackageStore } from "@siteferry/apply";
import type { World } from "@siteferry/model";
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
