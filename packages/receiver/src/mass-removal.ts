// The brake on a configuration in which many of the site's hosts are missing: a broken core, a wrong
// filter or a hostile hand would otherwise take them out of the centre's monitoring at once.

import type { OpenedConfiguration } from "@siteferry/bundle";
import { limits, Refusal } from "@siteferry/model";
import { reopen, saveSiteRecord, type SiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";

/**
 * Lets a configuration pass unless more than 10 % and more than 5 of the hosts vanish with it. Such
 * a one is held, and noted, until a later bundle of the site says the same.
 * @throws Refusal `mass-removal`
 */
export async function holdMassRemoval(
  opening: Opening,
  { header, configuration }: OpenedConfiguration,
  record: SiteRecord | null,
): Promise<void> {
  if (record === null || record.config === null) return;
  // One that can't be opened any more is nothing to compare with, and must not block its successor.
  const before = await reopen(opening, record.config, "config").catch(() => null);
  const hosts = before?.configuration.hosts ?? [];
  const stays = new Set(configuration.hosts.map(({ name }) => name));
  const gone = hosts.filter(({ name }) => !stays.has(name)).length;
  const isMass = gone > limits.removedHostsMax && gone > hosts.length * limits.removedShareMax;
  if (!isMass || isSaidAgain(record, header)) return;
  const { world, spool } = opening;
  await saveSiteRecord(world, spool, header.site, { ...record, held: header });
  throw new Refusal(
    "mass-removal",
    `${gone} of ${hosts.length} hosts of ${header.site} are missing: held until it says so again, or released`,
  );
}

/** Not the same bundle that came twice, but a later one. */
function isSaidAgain({ held }: SiteRecord, header: OpenedConfiguration["header"]): boolean {
  const isLater = held !== null && (header.epoch > held.epoch || header.sequence > held.sequence);
  return isLater && held.configurationHash === header.configurationHash;
}
