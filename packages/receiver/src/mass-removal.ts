// The brake on a configuration in which many of the site's hosts are missing: a broken core, a wrong
// filter or a hostile hand would otherwise take them out of the centre's monitoring at once.

import type { BundleHeader, OpenedConfiguration, OpenedVerbatim } from "@siteferry/bundle";
import { limits, Refusal } from "@siteferry/model";
import { dumpHosts } from "./dump-hosts.ts";
import { reopen, saveSiteRecord, type SiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";

/**
 * Lets a configuration pass unless more than 10 % and more than 5 of the hosts vanish with it. Such
 * a one is held, and noted, until a later bundle of the site says the same.
 * @throws Refusal `mass-removal`
 */
export async function holdMassRemoval(
  opening: Opening,
  bundle: OpenedConfiguration | OpenedVerbatim,
  record: SiteRecord | null,
): Promise<void> {
  const { header } = bundle;
  const last = bundle.kind === "config" ? record?.config : record?.dump?.config;
  if (record === null || last === null || last === undefined) return;
  // One that can't be opened any more is nothing to compare with, and must not block its successor.
  const before = await reopen(opening, last, bundle.kind).catch(() => null);
  const hosts = before === null ? new Set<string>() : await configuredHosts(before);
  const gone = hosts.difference(await configuredHosts(bundle)).size;
  const isMass = gone > limits.removedHostsMax && gone > hosts.size * limits.removedShareMax;
  if (!isMass || isSaidAgain(record, header)) return;
  const { world, spool } = opening;
  await saveSiteRecord(world, spool, header.site, { ...record, held: header });
  throw new Refusal(
    "mass-removal",
    `${gone} of ${hosts.size} hosts of ${header.site} are missing: held until it says so again, or: siteferry config approve ${header.site}`,
  );
}

async function configuredHosts(
  bundle: OpenedConfiguration | OpenedVerbatim,
): Promise<ReadonlySet<string>> {
  if (bundle.kind === "verbatim") return (await dumpHosts(bundle)).configured;
  return new Set(bundle.configuration.hosts.map(({ name }) => name));
}

/** Not the same bundle that came twice, but a later one. */
function isSaidAgain({ held }: SiteRecord, header: BundleHeader): boolean {
  const isLater = held !== null && (header.epoch > held.epoch || header.sequence > held.sequence);
  return isLater && held.configurationHash === header.configurationHash;
}
