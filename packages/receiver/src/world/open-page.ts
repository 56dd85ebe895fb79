// The page of a daemon: its facts read from the spool beside the runs, and what the runs have come to.

import { isLoopback, parseListenAddress } from "@siteferry/carry/contract";
import type { Opening } from "../opening.ts";
import { coreTroubles } from "../health/core-troubles.ts";
import { readFacts } from "../health/facts.ts";
import { loadLastRun, receiverTroubles, receiverWaits } from "../health/last-run.ts";
import { viewSites } from "../health/site-services.ts";
import type { PageFacts } from "../page/page-facts.ts";
import type { PageSettings } from "../page-settings.ts";
import { remembered } from "../page/remembered.ts";
import type { RunCounts } from "../page/run-record.ts";
import { type PageServer, servePage } from "./page-server.ts";

type Asking = Parameters<typeof readFacts>[0] & Pick<Opening, "freeSpace">;

export async function openPage(
  opening: Asking,
  { listen, names }: PageSettings,
  runs: () => RunCounts,
): Promise<PageServer> {
  const { world, settings, spool, freeSpace } = opening;
  const address = parseListenAddress(listen)!;
  const facts = remembered(world.clock, async (): Promise<PageFacts> => {
    const { sites, strangers } = await readFacts(opening);
    const nowMs = world.clock.now();
    const last = await loadLastRun(world, spool);
    return {
      centre: settings.centre,
      nowMs,
      sites: viewSites(opening, sites, nowMs),
      strangers,
      freeSpace: await freeSpace(),
      runs: runs(),
      // That a disk is full it says in its own words.
      troubles: [...receiverTroubles(last, 1, nowMs), ...(await coreTroubles(opening))],
      waits: receiverWaits(last),
    };
  });
  const ownNames = isLoopback(address.host) ? names : [...names, address.host];
  const sources = {
    names: ownNames,
    facts,
    // Loaded by who asks for it.
    metrics: async (all: PageFacts) => await (await import("../page/metrics.ts")).metricsText(all),
  };
  return await servePage(address, sources, world.log);
}
