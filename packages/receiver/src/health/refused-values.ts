// The values of each site that can't stand in a core's configuration, kept beside what was rendered, for
// those who ask later. Bounded: a hostile site could send a million.

import type { SiteRefusal } from "@siteferry/apply";
import type { SiteId, World } from "@siteferry/model";
import { tellRefusedValues } from "../activation/tell.ts";
import { loadProgress, saveProgress } from "../applied-store.ts";

export type RefusedValues = Readonly<Record<SiteId, RefusedOfSite>>;

interface RefusedOfSite {
  readonly count: number;
  /** `host web: alias holds a ";": replaced`; the first ones. */
  readonly first: readonly string[];
}

const keptMax = 50;
const name = "refused-values";

/** Said, and kept. */
export async function keepRefusedValues(
  { world, directory }: { readonly world: World; readonly directory: string },
  refused: readonly SiteRefusal[],
): Promise<void> {
  tellRefusedValues(world.log, refused);
  await saveRefusedValues(world, directory, refused);
}

export async function saveRefusedValues(
  world: World,
  directory: string,
  refused: readonly SiteRefusal[],
): Promise<void> {
  const bySite: Record<string, { count: number; first: string[] }> = {};
  for (const { site, object, directive, reason, outcome } of refused) {
    const one = (bySite[site] ??= { count: 0, first: [] });
    one.count += 1;
    if (one.first.length < keptMax) one.first.push(`${object}: ${directive} ${reason}: ${outcome}`);
  }
  const text = JSON.stringify(bySite);
  if (text !== ((await loadProgress(world, directory, name)) || "{}")) {
    await saveProgress(world, directory, name, text);
  }
}

export async function loadRefusedValues(world: World, directory: string): Promise<RefusedValues> {
  return JSON.parse((await loadProgress(world, directory, name)) || "{}") as RefusedValues;
}
