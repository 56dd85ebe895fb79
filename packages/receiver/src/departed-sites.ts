// Sites that have left the settings. What a core loses of them is forgotten, so that it is handed over again
// should they come back.

import { withResults } from "@siteferry/apply";
import { type HostName, parseSiteId, type ServiceDescription } from "@siteferry/model";
import { appliedStore, loadProgress, saveProgress, targetDirectory } from "./applied-store.ts";
import type { Opening } from "./opening.ts";
import type { AtCentre } from "./reconcile-states.ts";
import type { CheckResultsSettings } from "./settings.ts";

const recordOf = /^(.*)\.applied$/;

export async function forgetDeparted(
  { world, settings, spool }: Opening,
  target: CheckResultsSettings,
  { readLive, cacheStamp }: Pick<AtCentre, "readLive" | "cacheStamp">,
): Promise<void> {
  const directory = targetDirectory(spool, "checkresults", target.dir);
  const store = appliedStore(world, directory);
  const names: readonly string[] = await world.files.list(directory).catch(() => []);
  for (const name of names) {
    const site = parseSiteId(recordOf.exec(name)?.[1] ?? "");
    if (site === null || settings.sites[site] !== undefined) continue;
    // In place of what was settled, which it isn't any more.
    const seen = `departed ${cacheStamp}`;
    if ((await loadProgress(world, directory, `${site}.settled`)) === seen) continue;
    const { isLive, isWhole } = await readLive();
    if (!isWhole) continue;
    const record = await store.load(site);
    const kept = withResults(record, (key) => {
      const [host, service = null] = key.split("\t");
      return isLive(host as HostName, service as ServiceDescription | null);
    });
    if (kept.results.size < record.results.size) await store.save(site, kept);
    await saveProgress(world, directory, `${site}.settled`, seen);
  }
}
