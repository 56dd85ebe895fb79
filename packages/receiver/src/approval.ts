// The first configuration of a site waits for an operator's word, at each target that makes something
// live of it.

import type { SiteId } from "@siteferry/model";
import { tellAwaiting } from "./activation/tell.ts";
import { isApproved } from "./activation/words.ts";
import { newSites } from "./applied-store.ts";
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
  isLive: (site: SiteId) => boolean | Promise<boolean>,
): Promise<{ readonly approved: readonly One[]; readonly awaiting: readonly SiteId[] }> {
  const approved: One[] = [];
  for (const one of known) {
    const isIn = await isApproved(world.files, spool, one, false);
    if (isIn || (await isLive(one.site))) approved.push(one);
  }
  const awaiting = known.filter((one) => !approved.includes(one)).map(({ site }) => site);
  const fresh = await newSites(world, directory, "awaiting", awaiting);
  tellAwaiting(world.log, { awaiting: [] }, fresh);
  return { approved, awaiting };
}
