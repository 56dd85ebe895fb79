// livedump's text on its way to a bundle: is the site allowed to, rows, a number, the centre's seal.
// The caller holds the site's lock, so that of two at once the second has the higher number.

import { type Pace, readHeader, type Signer } from "@siteferry/bundle";
import { FerryError, formatBundleName, type SiteId, type World } from "@siteferry/model";
import { loadSiteRecord } from "../mirror.ts";
import type { ReceiverSettings } from "../settings.ts";
import { loadNumbering, saveNumbering } from "./numbering.ts";
import { readLivedump } from "./read-livedump.ts";
import { sealLivedump } from "./seal-livedump.ts";

export interface LivedumpCentre {
  readonly world: World;
  readonly settings: Pick<ReceiverSettings, "centre" | "sites">;
  /** The receiver's own directory in the spool. */
  readonly spool: string;
  readonly signer: Signer | null;
}

/** Below the receiver's own directory: of each site its numbering, and a lock. */
export function livedumpDirectory(spool: string, site: SiteId): string {
  return `${spool}/livedump/${site}`;
}

/**
 * @throws FerryError `livedump-not-allowed`, `site-not-configured`, `key-unusable` by the settings,
 *   before the content is looked at.
 */
export function checkLivedumpAllowed(
  { settings: { sites }, signer }: Pick<LivedumpCentre, "settings" | "signer">,
  site: SiteId,
): Signer {
  if (!Object.hasOwn(sites, site)) {
    throw new FerryError("site-not-configured", `receiver.yaml has no site "${site}"`);
  }
  if (!sites[site]!.livedump) {
    throw new FerryError(
      "livedump-not-allowed",
      `${site} has no "livedump: true" in receiver.yaml`,
    );
  }
  if (signer !== null) return signer;
  throw new FerryError(
    "key-unusable",
    "receiver.yaml names no key: what livedump brings can't be sealed",
  );
}

/** The sealed bundle. A number that it got and that never arrives is missed, and nothing else. */
export async function bundleOfLivedump(
  centre: LivedumpCentre,
  site: SiteId,
  content: Uint8Array,
  pace: Pace,
): Promise<Uint8Array<ArrayBuffer>> {
  const signer = checkLivedumpAllowed(centre, site);
  const { world, settings, spool } = centre;
  const { files, random, clock, log } = world;
  const livedump = await readLivedump(content, pace);
  const directory = livedumpDirectory(spool, site);
  const record = await loadSiteRecord(files, spool, site);
  const memory = await loadNumbering(files, directory, record?.mark ?? null, clock.now());
  const reserved = { ...memory, nextSequence: memory.nextSequence + 1 };
  await saveNumbering(files, random, directory, reserved);
  const { bundle, configurationHash } = await sealLivedump(
    livedump,
    {
      site,
      recipient: settings.centre,
      epoch: memory.epoch,
      sequence: memory.nextSequence,
      createdMs: clock.now(),
      configurationHash: memory.configurationHash,
    },
    signer,
  );
  if (configurationHash !== memory.configurationHash) {
    await saveNumbering(files, random, directory, { ...reserved, configurationHash });
  }
  const { hosts, services, leftOut } = livedump;
  const name = formatBundleName(readHeader(bundle).unverified);
  const rows = hosts.length + services.length;
  const counts = { site, rows, leftOut: leftOut.length, bundle: name };
  if (leftOut.length > 0) {
    log.warn(
      { ...counts, first: leftOut.slice(0, 10) },
      `${site}: names that no core takes safely`,
    );
  }
  log.info(counts, `${site}: ${livedump.kind} by livedump, sealed as ${name}`);
  return bundle;
}
