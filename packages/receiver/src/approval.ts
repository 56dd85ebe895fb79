// The first configuration of a site waits for an operator's word, at each target that makes something
// live of it.

import type { SiteId } from "@siteferry/model";
import { tellAwaiting } from "./activation/tell.ts";
import { isApproved } from "./activation/words.ts";
import { loadProgress, saveProgress } from "./applied-store.ts";
import type { Opening } from "./opening.ts";
import type { SiteSettings } from "./settings.ts";

interface Known {
  readonly site: SiteId;
  readonly settings: SiteSettings;
}

/** For targets without a record of activations: what waits is said once, and remembered in `directory`. */
export async function askApprovals<One extends Known>(
  { world, spool }: Pick<Opening, "world" | "spool">,
  directory: string,
  known: readonly One[],
  isLive: (site: SiteId) => boolean,
): Promise<{ readonly approved: readonly One[]; readonly awaiting: readonly SiteId[] }> {
  const approved: One[] = [];
  for (const one of known) {
    if (await isApproved(world.files, spool, one, isLive(one.site))) approved.push(one);
  }
  const awaiting = known.filter((one) => !approved.includes(one)).map(({ site }) => site);
  const before = await loadProgress(world, directory, "awaiting");
  if (awaiting.join() !== before) {
    tellAwaiting(world.log, { awaiting: before.split(",") as SiteId[] }, awaiting);
    await saveProgress(world, directory, "awaiting", awaiting.join());
  }
  return { approved, awaiting };
}
