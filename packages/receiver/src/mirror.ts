// The mirror: per site the newest configuration, keyframe, delta and vendor's dump, kept as the bundles themselves.
// They are the database; what the site looks like can always be rebuilt from them.

import {
  applyDelta,
  type BundleHeader,
  type OpenedBundle,
  type OutboxNote,
  readHeader,
  unpack,
  verify,
} from "@siteferry/bundle";
import {
  bundleSuffix,
  FerryError,
  type FileSystem,
  formatBundleName,
  limits,
  type SiteId,
  type States,
  systemCode,
  type World,
} from "@siteferry/model";
import { readState, replaceState, sweep } from "@siteferry/spool";
import type { OpenedOf } from "./bundle-cache.ts";
import type { CountedStates } from "./health/counted-states.ts";
import { type Traffic, trafficAfter } from "./health/traffic.ts";
import type { Opening } from "./opening.ts";
import { type Arrival, arrivalsAfter, tellClock } from "./site-clock.ts";
import {
  advance,
  fillGap,
  type HighWaterMark,
  isFromSilence,
  judgeOrder,
  type OrderedBundle,
} from "./order.ts";

/** What the receiver knows of a site, durable before anything of it is applied. */
export interface SiteRecord {
  readonly mark: HighWaterMark;
  /** The headers of the bundles in the site's directory; a delta is always one on this keyframe. */
  readonly config: BundleHeader | null;
  readonly keyframe: BundleHeader | null;
  readonly delta: BundleHeader | null;
  /** Of a vendor's dump, the newest bundles that carried its parts; absent if none ever came. */
  readonly dump?: DumpRecord;
  /** Of the newest bundles, the last one at the end; absent in records of before. */
  readonly arrivals?: readonly Arrival[];
  /** What its sender said last of its outbox; absent: nothing. */
  readonly outbox?: OutboxNote | null;
  /** When a number was passed over last that no silence explains; absent: never. Milliseconds since 1970. */
  readonly missedMs?: number;
  /** How many objects were in which state at the newest keyframe, delta or dump; absent in records of before. */
  readonly counted?: CountedStates | undefined;
  /** Likewise. */
  readonly traffic?: Traffic | undefined;
  /** The configuration that is held because too many hosts are missing in it. */
  readonly held: BundleHeader | null;
}

interface DumpRecord {
  readonly config: BundleHeader | null;
  readonly states: BundleHeader | null;
}

const recordName = "record";

export function siteDirectory(spool: string, site: SiteId): string {
  return `${spool}/sites/${site}`;
}

/** Null if nothing was ever taken in from the site. */
export async function loadSiteRecord(
  files: FileSystem,
  spool: string,
  site: SiteId,
): Promise<SiteRecord | null> {
  const state = await readState(files, siteDirectory(spool, site), recordName);
  return state === null
    ? null
    : (JSON.parse(new TextDecoder().decode(state.content)) as SiteRecord);
}

export async function saveSiteRecord(
  { files, random }: Pick<World, "files" | "random">,
  spool: string,
  site: SiteId,
  record: SiteRecord,
): Promise<void> {
  const content = Buffer.from(JSON.stringify(record));
  await replaceState(files, random, siteDirectory(spool, site), recordName, content);
}

export function orderedBundle({ payloadHash, ...header }: BundleHeader): OrderedBundle {
  return { ...header, hash: payloadHash };
}

/** Whether a bundle would change what is kept here. @throws Refusal as `judgeOrder` does */
export function judgeUse(
  record: SiteRecord | null,
  header: BundleHeader,
  nowMs: number,
): ReturnType<typeof judgeOrder> {
  if (isKept(record, header)) return "duplicate";
  const order = judgeOrder(record?.mark ?? null, orderedBundle(header), nowMs);
  const isWanted = order === "late" && record !== null && isStillWanted(record, header);
  return isWanted ? "new" : order;
}

/** One-way links repeat keyframe and configuration, long after they came. */
function isKept(record: SiteRecord | null, { payloadHash }: BundleHeader): boolean {
  return [record?.config, record?.keyframe].some((kept) => kept?.payloadHash === payloadHash);
}

/** A configuration that was overtaken while it was held, or by the keyframe which belongs to it. */
function isStillWanted({ held, config, keyframe }: SiteRecord, late: BundleHeader): boolean {
  if (late.payloadHash === held?.payloadHash) return true;
  const wanted = keyframe?.configurationHash;
  // A newer one may have come before its own keyframe: that isn't taken back.
  const isNewer = config === null || late.epoch > config.epoch || late.sequence > config.sequence;
  return late.kind === "config" && late.configurationHash === wanted && isNewer;
}

/** A bundle that passed, with what was seen of it on the way. */
interface Passed {
  readonly bundle: OpenedBundle;
  readonly sizeBytes: number;
  /** Of the site with this bundle; null: it says nothing about states. */
  readonly counted: CountedStates | null;
}

/**
 * Keeps a bundle that has passed the whole order of trust, and moves the high-water mark. A crash
 * before the mark is durable changes nothing: the bundle still lies in the inbox.
 */
export async function keep(
  { world: { files, random, clock, log }, settings: { sites }, spool, cache }: Opening,
  inboxPath: string,
  { bundle, sizeBytes, counted }: Passed,
  before: SiteRecord | null,
): Promise<void> {
  const { header, kind } = bundle;
  const directory = siteDirectory(spool, header.site);
  await linkInto(files, inboxPath, `${directory}/${formatBundleName(header)}`);
  await files.syncDirectory(directory);
  const nowMs = clock.now();
  const arrivals = before?.arrivals ?? [];
  const mark = markAfter(before?.mark ?? null, orderedBundle(header), nowMs);
  const isOvertaken = mark.sequence > header.sequence;
  const passed = mark.missed - (before?.mark.missed ?? 0);
  const times = arrivals.map(({ keptMs }) => keptMs);
  const { interval } = sites[header.site]!;
  const hasMissed = passed > 0 && !isFromSilence(passed, times, interval, nowMs);
  const record: SiteRecord = {
    mark,
    outbox: bundle.outbox ?? before?.outbox ?? null,
    missedMs: hasMissed ? nowMs : (before?.missedMs ?? 0),
    arrivals: arrivalsAfter(arrivals, { createdMs: header.createdMs, keptMs: nowMs }),
    counted: (isOvertaken ? null : counted) ?? before?.counted,
    traffic: trafficAfter(before?.traffic, sizeBytes, nowMs),
    config: kind === "config" ? header : (before?.config ?? null),
    keyframe: kind === "keyframe" ? header : (before?.keyframe ?? null),
    delta: kind === "delta" ? header : kind === "keyframe" ? null : (before?.delta ?? null),
    held: kind === "config" || isDumpOfConfiguration(bundle) ? null : (before?.held ?? null),
    ...dumpAfter(before, bundle, isOvertaken),
  };
  await saveSiteRecord({ files, random }, spool, header.site, record);
  tellClock(log, header.site, arrivals, record.arrivals ?? []);
  cache.put(bundle);
  await files.unlink(inboxPath);
  await tidy(files, directory, record);
}

function isDumpOfConfiguration(bundle: OpenedBundle): boolean {
  return bundle.kind === "verbatim" && bundle.config !== "";
}

/** A part that is empty is as it was; so are the states if newer ones came while the configuration was held. */
function dumpAfter(
  before: SiteRecord | null,
  bundle: OpenedBundle,
  isOvertaken: boolean,
): Pick<SiteRecord, "dump"> | undefined {
  const last = before?.dump ?? { config: null, states: null };
  if (bundle.kind !== "verbatim") return before?.dump && { dump: last };
  const { header, config, states } = bundle;
  return {
    dump: {
      config: config === "" ? last.config : header,
      states: states === "" || isOvertaken ? last.states : header,
    },
  };
}

function markAfter(
  mark: HighWaterMark | null,
  bundle: OrderedBundle,
  nowMs: number,
): HighWaterMark {
  const isLate = mark !== null && bundle.epoch === mark.epoch && bundle.sequence < mark.sequence;
  return isLate ? fillGap(mark, bundle) : advance(mark, bundle, nowMs);
}

/** Takes away what the record doesn't name: bundles before, and what a crash left of a write. */
async function tidy(
  files: FileSystem,
  directory: string,
  { config, keyframe, delta, dump }: SiteRecord,
): Promise<void> {
  const headers = [config, keyframe, delta, dump?.config, dump?.states];
  const kept = headers.map((header) => header && formatBundleName(header));
  for (const name of await files.list(directory)) {
    if (name.endsWith(bundleSuffix) && !kept.includes(name))
      await files.unlink(`${directory}/${name}`);
  }
  await sweep(files, directory);
}

/** A file of this name is a leftover of a crash before the mark was durable. */
async function linkInto(files: FileSystem, from: string, to: string): Promise<void> {
  try {
    await files.link(from, to);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    await files.unlink(to);
    await files.link(from, to);
  }
}

/** The site as it was at its newest bundle; null before its first keyframe. */
export async function loadStates(
  opening: Opening,
  { keyframe, delta }: SiteRecord,
): Promise<States | null> {
  if (keyframe === null) return null;
  const base = await reopen(opening, keyframe, "keyframe");
  return delta === null ? base.states : applyDelta(base, await reopen(opening, delta, "delta"));
}

/**
 * Opens a kept bundle again, through the same order of trust as when it came, at the time it was
 * made: a key that was taken out of allowed_signers since takes its bundles with it.
 */
export async function reopen<Kind extends OpenedBundle["kind"]>(
  { world: { files }, settings: { centre }, spool, signers, revoked, identities, cache }: Opening,
  header: BundleHeader,
  kind: Kind,
): Promise<OpenedOf<Kind>> {
  const { site, payloadHash } = header;
  const cached = cache.get(site, kind, payloadHash);
  if (cached !== null) return cached;
  const path = `${siteDirectory(spool, site)}/${formatBundleName(header)}`;
  try {
    const bytes = await files.read(path, limits.bundleBytesMax, { trusted: true });
    const nowMs = readHeader(bytes).unverified.createdMs;
    const trust = { centre, signers, revoked, siteOfTransport: site, nowMs };
    const bundle = await unpack(await verify(bytes, trust), { identities });
    if (bundle.header.payloadHash !== payloadHash)
      throw new Error("it isn't the one of the record");
    cache.put(bundle);
    return bundle as OpenedOf<Kind>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FerryError("spool-damaged", `${path} can't be opened any more: ${reason}`, { cause });
  }
}
