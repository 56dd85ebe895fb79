// From the inbox to the mirror, each site's files in their order: the order of trust, ownership, the
// high-water mark. What is refused goes to the quarantine with its reason; the next one is tried.

import {
  type OpenedBundle,
  type OpenedConfiguration,
  type OpenedKeyframe,
  type Trust,
  unpack,
  verify,
} from "@siteferry/bundle";
import {
  type HostName,
  limits,
  errorFields,
  explain,
  parseBundleName,
  Refusal,
  type SiteId,
} from "@siteferry/model";
import { putInQuarantine } from "@siteferry/spool";
import { keep, loadSiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { judgeOrder } from "./order.ts";
import { checkOwnership, nameAtCentre } from "./ownership.ts";
import type { InboxEntry } from "./take-in.ts";

/** Bundles that were opened in this run, so that they needn't be opened again to be applied. */
export interface FreshBundles {
  readonly config: ReadonlyMap<SiteId, OpenedConfiguration>;
  readonly keyframe: ReadonlyMap<SiteId, OpenedKeyframe>;
}

export interface OpenedInbox {
  readonly fresh: FreshBundles;
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Files that stay in the inbox because of a failure of this system; the next run tries again. */
  readonly failed: number;
}

/** Held in memory from opening to applying, as inflated; what is beyond is opened again then. */
const freshBytesMax = 128 * 1024 * 1024;

/** Opens what waits. The inbox's order is by site, then by number. */
export async function openInbox(
  opening: Opening,
  entries: readonly InboxEntry[],
): Promise<OpenedInbox> {
  const { files } = opening.world;
  const fresh = new FreshBundleStore();
  const counts = { accepted: 0, duplicates: 0, refused: 0, failed: 0 };
  for (const entry of entries) {
    try {
      const bundle = await openEntry(opening, entry);
      if (bundle === "duplicate") {
        await files.unlink(entry.path);
        counts.duplicates += 1;
        continue;
      }
      counts.accepted += 1;
      fresh.add(bundle);
    } catch (error) {
      counts[await setAside(opening, entry, error)] += 1;
    }
  }
  return { fresh, ...counts };
}

class FreshBundleStore implements FreshBundles {
  readonly config = new Map<SiteId, OpenedConfiguration>();
  readonly keyframe = new Map<SiteId, OpenedKeyframe>();
  #bytes = 0;

  add(bundle: OpenedBundle): void {
    const ofKind: Map<SiteId, OpenedBundle> = this[bundle.kind];
    const { site, inflatedBytes } = bundle.header;
    this.#bytes -= ofKind.get(site)?.header.inflatedBytes ?? 0;
    ofKind.delete(site);
    if (this.#bytes + inflatedBytes > freshBytesMax) return;
    this.#bytes += inflatedBytes;
    ofKind.set(site, bundle);
  }
}

async function openEntry(
  { world, settings, spool, signers }: Opening,
  { path, siteOfTransport }: InboxEntry,
): Promise<OpenedBundle | "duplicate"> {
  const bytes = await world.files.read(path, limits.bundleBytesMax, { trusted: true });
  const trust: Trust = { centre: settings.centre, signers, nowMs: world.clock.now() };
  const link = siteOfTransport === null ? {} : { siteOfTransport };
  const envelope = await verify(bytes, { ...trust, ...link });
  const { site, payloadHash, ...identity } = envelope.header;
  const siteSettings = Object.hasOwn(settings.sites, site) ? settings.sites[site] : undefined;
  if (siteSettings === undefined) {
    throw new Refusal("site-unknown", `The site ${site} isn't in the receiver's configuration`);
  }
  const record = await loadSiteRecord(world.files, spool, site);
  const order = judgeOrder(record?.mark ?? null, { ...identity, site, hash: payloadHash });
  if (order === "duplicate") return order;
  const bundle = await unpack(envelope);
  checkOwnership(site, siteSettings, hostsOf(bundle));
  for (const host of hostsOf(bundle)) nameAtCentre(siteSettings)(host);
  await keep(world, spool, path, bundle, record);
  return bundle;
}

function* hostsOf(bundle: OpenedBundle): Iterable<HostName> {
  const { hosts, services } = bundle.kind === "config" ? bundle.configuration : bundle.states;
  for (const { name } of hosts) yield name;
  for (const { host_name } of services) yield host_name;
}

/** For files of nobody known; no site can have this id. */
const nobodysQuarantine = "_unknown";

/** What isn't believed goes to the quarantine; what this system failed at, also at that, waits. */
async function setAside(
  opening: Opening,
  entry: InboxEntry,
  error: unknown,
): Promise<"refused" | "failed"> {
  try {
    if (!(error instanceof Refusal)) throw error;
    await refuse(opening, entry, error);
    return "refused";
  } catch (failure) {
    const fields = errorFields(explain(failure, `Opening ${entry.path}`));
    opening.world.log.error(fields, "A bundle waits in the inbox");
    return "failed";
  }
}

async function refuse(
  { world, settings, spool }: Opening,
  { path, name, siteOfTransport }: InboxEntry,
  refusal: Refusal,
): Promise<void> {
  const claimed: SiteId | undefined = siteOfTransport ?? parseBundleName(name)?.site;
  const isKnown = claimed !== undefined && Object.hasOwn(settings.sites, claimed);
  const entry = { name, from: path, site: isKnown ? claimed : nobodysQuarantine };
  const dropped = await putInQuarantine(world, `${spool}/quarantine`, path, entry, refusal);
  world.log.error(
    { ...errorFields(refusal), number: refusal.number, site: entry.site, file: name },
    `Refused ${name}: ${refusal.message}`,
  );
  if (dropped.length > 0) {
    world.log.warn({ site: entry.site, dropped: dropped.length }, "The quarantine is full");
  }
}
