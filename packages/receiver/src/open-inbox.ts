// From the inbox to the mirror, each site's files in their order: the order of trust, ownership, the
// high-water mark. What is refused goes to the quarantine with its reason; the next one is tried.

import {
  applyDelta,
  type BundleHeader,
  checkBase,
  type OpenedBundle,
  type OpenedVerbatim,
  unpack,
  verify,
} from "@siteferry/bundle";
import { accountOf } from "@siteferry/carry/contract";
import {
  type Clock,
  type HostName,
  limits,
  errorFields,
  explain,
  parseBundleName,
  Refusal,
  type SiteId,
} from "@siteferry/model";
import { putInQuarantine } from "@siteferry/spool";
import { dumpHosts } from "./dump-hosts.ts";
import { type CountedStates, countStates } from "./health/counted-states.ts";
import { claimHosts } from "./host-claims.ts";
import { beginAttempt, endAttempt, type InboxEntry } from "./inbox.ts";
import {
  judgeUse,
  keep,
  loadSiteRecord,
  orderedBundle,
  reopen,
  siteDirectory,
  type SiteRecord,
} from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { forgottenEpoch, missedBetween, replayed } from "./order.ts";
import { holdMassRemoval } from "./mass-removal.ts";
import { checkOwnership, isOwnHost, nameAtCentre } from "./ownership.ts";
import type { SiteSettings } from "./settings.ts";

export interface OpenedInbox {
  accepted: number;
  duplicates: number;
  /** Bundles that came after newer ones and that nobody waits for; they were dropped. */
  late: number;
  /** Numbers that were passed over in this run: those bundles may still come, or never. */
  missed: number;
  /** Deltas whose keyframe hasn't come. They stay in the inbox. */
  waitingForKeyframe: number;
  /** Bundles of a site that has had its share of this run; they stay in the inbox for the next. */
  postponed: number;
  refused: number;
  /** Files that stay in the inbox because of a failure of this system; the next run tries again. */
  failed: number;
}

/** Opens what waits. The inbox's order is by site, then by number. */
export async function openInbox(
  opening: Opening,
  entries: readonly InboxEntry[],
): Promise<OpenedInbox> {
  const counts: OpenedInbox = {
    accepted: 0,
    duplicates: 0,
    late: 0,
    missed: 0,
    waitingForKeyframe: 0,
    postponed: 0,
    refused: 0,
    failed: 0,
  };
  const waiting = new Map<SiteId, InboxEntry>();
  const shares = new Shares(opening.world.clock);
  const { progress } = opening.world;
  for (const [index, entry] of entries.entries()) {
    progress?.begin(`Opening ${entry.name}`, entries.length, index + 1);
    const claimed = entry.siteOfTransport ?? parseBundleName(entry.name)?.site ?? null;
    const owner = accountOf(claimed, (site) => Object.hasOwn(opening.settings.sites, site));
    if (shares.isUsedUp(owner)) {
      counts.postponed += 1;
      continue;
    }
    let current = entry;
    shares.begin(owner);
    try {
      if (entry.attempts >= attemptsMax) {
        throw new Refusal("bundle-poisonous", `Opening it ended the reader ${attemptsMax} times`);
      }
      current = await beginAttempt(opening.world, entry);
      const judged = await openEntry(opening, current).catch((error: unknown) => ({ error }));
      // The reader outlived it, also where what follows fails.
      current = await endAttempt(opening.world, current);
      if ("error" in judged) throw judged.error;
      counts.missed += missedBefore(judged);
      counts[await settle(opening, current, judged, waiting)] += 1;
    } catch (error) {
      counts[await setAside(opening, current, error)] += 1;
    }
    shares.end();
  }
  return counts;
}

const attemptsMax = 2;

/** A site may send a hundred bundles that take ten seconds each: the others come first then. */
class Shares {
  readonly #clock: Clock;
  readonly #spentMs = new Map<string, number>();
  #now = { owner: "", sinceMs: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isUsedUp(owner: string): boolean {
    return (this.#spentMs.get(owner) ?? 0) > limits.openingPerRunMaxMs;
  }

  begin(owner: string): void {
    this.#now = { owner, sinceMs: this.#clock.now() };
  }

  end(): void {
    const { owner, sinceMs } = this.#now;
    const before = this.#spentMs.get(owner) ?? 0;
    // A clock that steps says nothing about the time that passed.
    const passedMs = Math.min(Math.max(0, this.#clock.now() - sinceMs), limits.openingMsMax);
    this.#spentMs.set(owner, before + passedMs);
  }
}

type Judged =
  | { readonly kind: "duplicate"; readonly site: SiteId }
  | { readonly kind: "late"; readonly refusal: Refusal }
  | { readonly kind: "waiting"; readonly site: SiteId }
  | Opened;

interface Opened {
  readonly kind: "opened";
  readonly bundle: OpenedBundle;
  readonly sizeBytes: number;
  readonly record: SiteRecord | null;
}

/** The order of trust from its first step to its last but one; nothing is changed here. */
async function openEntry(opening: Opening, { path, siteOfTransport }: InboxEntry): Promise<Judged> {
  const { world, settings, spool, signers, revoked } = opening;
  const bytes = await world.files.read(path, limits.bundleBytesMax, { trusted: true });
  const nowMs = world.clock.now();
  const link = siteOfTransport === null ? {} : { siteOfTransport };
  const envelope = await verify(bytes, {
    centre: settings.centre,
    signers,
    revoked,
    nowMs,
    ...link,
  });
  const { header } = envelope;
  const { encrypted: mustBeEncrypted } = settingsOf(opening, header.site);
  const record = await loadSiteRecord(world.files, spool, header.site);

  const use = judgeUse(record, header, nowMs);
  if (use === "duplicate") return { kind: use, site: header.site };
  if (use === "late" && record !== null) {
    return { kind: use, refusal: replayed(record.mark, orderedBundle(header)) };
  }
  if (header.kind === "delta") {
    const keyframe = record?.keyframe ?? null;
    const isNew = keyframe === null || record?.mark.epoch === forgottenEpoch;
    if (isNew || isBaseToCome(keyframe, header)) {
      return { kind: "waiting", site: header.site };
    }
    checkBase(keyframe, header);
  }
  const { identities } = opening;
  const bundle = await unpack(envelope, { identities, mustBeEncrypted });
  if (bundle.kind === "verbatim") await dumpHosts(bundle);
  return { kind: "opened", bundle, sizeBytes: bytes.length, record };
}

function settingsOf({ settings: { sites } }: Opening, site: SiteId): SiteSettings {
  const settings = Object.hasOwn(sites, site) ? sites[site] : undefined;
  if (settings !== undefined) return settings;
  throw new Refusal("site-unknown", `The site ${site} isn't in the receiver's configuration`);
}

/** The delta's keyframe is newer than the one that is here: it may be under way, or lost. */
function isBaseToCome(keyframe: BundleHeader, delta: BundleHeader): boolean {
  if (delta.epoch !== keyframe.epoch) return delta.epoch > keyframe.epoch;
  return (delta.base?.sequence ?? 0) > keyframe.sequence;
}

function missedBefore(judged: Judged): number {
  if (judged.kind !== "opened") return 0;
  const { bundle, record } = judged;
  return record === null ? 0 : missedBetween(record.mark, bundle.header);
}

async function settle(
  opening: Opening,
  entry: InboxEntry,
  judged: Judged,
  waiting: Map<SiteId, InboxEntry>,
): Promise<keyof OpenedInbox> {
  const { files, log } = opening.world;
  switch (judged.kind) {
    case "duplicate":
      // Who kept the one before may have failed in making that durable: then this is the only one.
      await files.syncDirectory(siteDirectory(opening.spool, judged.site));
      await files.unlink(entry.path);
      return "duplicates";
    case "late":
      log.warn(
        { ...errorFields(judged.refusal), file: entry.name },
        `Dropped ${entry.name}: it is late`,
      );
      await files.unlink(entry.path);
      return "late";
    case "waiting": {
      // Only the newest delta says what the site looks like.
      const older = waiting.get(judged.site);
      if (older !== undefined) {
        // Who took in the newer one may have failed in making it durable.
        await files.syncDirectory(`${opening.spool}/inbox`);
        await files.unlink(older.path);
      }
      waiting.set(judged.site, entry);
      return "waitingForKeyframe";
    }
    case "opened":
      await accept(opening, entry, judged);
      return "accepted";
  }
}

/** Ownership, then durable: the last two steps. */
async function accept(
  opening: Opening,
  { path, released }: InboxEntry,
  { bundle, sizeBytes, record }: Opened,
): Promise<void> {
  const { site } = bundle.header;
  const settings = settingsOf(opening, site);
  const hosts = new Set(bundle.kind === "verbatim" ? await allHosts(bundle) : hostsOf(bundle));
  checkOwnership(site, settings, hosts);
  const isConfiguration = bundle.kind === "config" || hasConfiguration(bundle);
  if (isConfiguration && !released) await holdMassRemoval(opening, bundle, record);
  // Refused here if it doesn't fit, not when the mark has moved.
  const counted = await countedWith(opening, bundle, record);
  const nameOf = nameAtCentre(settings);
  const own = [...hosts].filter(isOwnHost(settings));
  const names = new Set(own.map(nameOf));
  // As `rename` and `prefix` may make one name of two.
  if (names.size < own.length)
    throw new Refusal("name-bad", `Two hosts of ${site} have one name here`);
  tellForeign(opening, site, hosts.size - names.size);
  await opening.world.files.makeDirectory(siteDirectory(opening.spool, site), 0o700);
  await claimHosts(opening, site, names, bundle.kind === "keyframe" || hasConfiguration(bundle));
  await keep(opening, path, { bundle, sizeBytes, counted }, record);
}

/** What the site has with this bundle; null if that says nothing about states. */
async function countedWith(
  opening: Opening,
  bundle: OpenedBundle,
  record: SiteRecord | null,
): Promise<CountedStates | null> {
  if (bundle.kind === "keyframe") return countStates(bundle.states);
  if (bundle.kind === "verbatim") {
    if (bundle.states === "") return null;
    const { reported, services } = await dumpHosts(bundle);
    return { hosts: [reported.size], services: [services], isDump: true };
  }
  if (bundle.kind !== "delta" || !record?.keyframe) return null;
  return countStates(applyDelta(await reopen(opening, record.keyframe, "keyframe"), bundle));
}

/** With `foreignHosts: leave-out` hosts are missing at the centre on purpose; that must not be silent. */
function tellForeign({ world }: Opening, site: SiteId, left: number): void {
  if (left > 0)
    world.log.warn({ site, left }, `${left} hosts of ${site} are left out: not its own`);
}

/** A vendor's dump whose configuration travels in it. */
function hasConfiguration(bundle: OpenedBundle): bundle is OpenedVerbatim {
  return bundle.kind === "verbatim" && bundle.config !== "";
}

async function allHosts(bundle: OpenedVerbatim): Promise<ReadonlySet<HostName>> {
  const { configured, reported } = await dumpHosts(bundle);
  return configured.union(reported);
}

type OpenedRows = Exclude<OpenedBundle, OpenedVerbatim>;

/** Of every row, whatever it says about the host. */
function* hostsOf(bundle: OpenedRows): Iterable<HostName> {
  const { hosts, services, annotations, events } = rowsOf(bundle);
  for (const { name } of hosts) yield name;
  for (const { host_name } of services) yield host_name;
  for (const { host_name } of annotations?.comments ?? []) yield host_name;
  for (const { host_name } of annotations?.downtimes ?? []) yield host_name;
  for (const { host_name } of events ?? []) yield host_name;
}

interface Named {
  readonly host_name: HostName;
}

function rowsOf(bundle: OpenedRows): {
  hosts: readonly { name: HostName }[];
  services: readonly Named[];
  annotations?: { comments: readonly Named[]; downtimes: readonly Named[] } | null;
  events?: readonly Named[];
} {
  switch (bundle.kind) {
    case "config":
      return bundle.configuration;
    case "keyframe":
      return bundle.states;
    case "delta":
      return bundle.changed;
  }
}

/** For files of nobody known; no site can have this id. */
const nobodysQuarantine = "_unknown";

/** What isn't believed goes to the quarantine; what this system failed at, also at that, waits. */
async function setAside(
  opening: Opening,
  entry: InboxEntry,
  error: unknown,
): Promise<"refused" | "failed"> {
  const { world } = opening;
  try {
    if (error instanceof Refusal) {
      await refuse(opening, entry, error);
      return "refused";
    }
    if (entry.attempts > 0) await endAttempt(world, entry);
    throw error;
  } catch (failure) {
    const fields = errorFields(explain(failure, `Opening ${entry.path}`));
    world.log.error(fields, "A bundle waits in the inbox");
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
  const entry = {
    name,
    from: path,
    site: isKnown ? claimed : nobodysQuarantine,
    link: siteOfTransport ?? "",
  };
  const dropped = await putInQuarantine(world, `${spool}/quarantine`, path, entry, refusal);
  world.log.error(
    { ...errorFields(refusal), number: refusal.number, site: entry.site, file: name },
    `Refused ${name}: ${refusal.message}`,
  );
  if (dropped.length > 0) {
    world.log.warn({ site: entry.site, dropped: dropped.length }, "The quarantine is full");
  }
}
