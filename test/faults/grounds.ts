// Grounds for one test: where its runs begin, and the work shared out among them.

import { Ground } from "./ground.ts";
import { serveSite } from "./served-site.ts";

/**
 * What was before the run that is to meet a fault. `nothing`: it is the first. `cycle`: the site
 * was sent and taken in, and has changed since. `whole`: likewise, but all of it is sent anew.
 */
export type Past = "nothing" | "cycle" | "whole";

export interface Grounds extends AsyncDisposable {
  readonly all: readonly Ground[];
}

/**
 * So many equal grounds of one site, each with where its send and its receive begin saved;
 * `furnish` is called before anything runs there.
 */
export async function openGrounds(
  past: Past,
  count: number,
  furnish: (ground: Ground) => Promise<void> = async () => {},
): Promise<Grounds> {
  const site = await serveSite();
  const all = await Promise.all(Array.from({ length: count }, () => Ground.open(site)));
  for (const ground of all) await furnish(ground);
  if (past !== "nothing") {
    for (const ground of all) {
      await ground.succeed("send");
      await ground.checkConverged();
      if (past === "whole") await ground.sendAlwaysWhole();
    }
    site.tick();
  }
  for (const ground of all) {
    await ground.save("send");
    await ground.succeed("send");
    await ground.save("receive");
  }
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const ground of all) await ground[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    },
  };
}

/** Works through `items`, each ground on the next one; after a failure no further one is begun. */
export async function shareOut<Item>(
  grounds: readonly Ground[],
  items: readonly Item[],
  work: (ground: Ground, item: Item, index: number) => Promise<void>,
): Promise<void> {
  const next = items.entries();
  let failed = false;
  const lanes = grounds.map(async (ground) => {
    for (const [index, item] of next) {
      if (failed) return;
      try {
        await work(ground, item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  });
  for (const lane of await Promise.allSettled(lanes)) {
    if (lane.status === "rejected") throw lane.reason;
  }
}
