// The mirror: per site the newest configuration and keyframe, kept as the bundles themselves. They
// are the database; what the site looks like can always be rebuilt from them.

import { type OpenedBundle, readHeader, unpack, verify } from "@siteferry/bundle";
import {
  bundleSuffix,
  FerryError,
  type FileSystem,
  formatBundleName,
  limits,
  type Random,
  type SiteId,
  systemCode,
} from "@siteferry/model";
import { readState, replaceState, sweep } from "@siteferry/spool";
import type { Opening } from "./opening.ts";
import { advance, type HighWaterMark } from "./order.ts";

/** What the receiver knows of a site, durable before anything of it is applied. */
export interface SiteRecord {
  readonly mark: HighWaterMark;
  /** File names in the site's directory. */
  readonly configuration: string | null;
  readonly keyframe: string | null;
}

export type OpenedOf<Kind extends OpenedBundle["kind"]> = Extract<OpenedBundle, { kind: Kind }>;

const recordName = "record";

function siteDirectory(spool: string, site: SiteId): string {
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

/**
 * Keeps a bundle that has passed the whole order of trust, and moves the high-water mark. A crash
 * before the mark is durable changes nothing: the bundle still lies in the inbox.
 */
export async function keep(
  { files, random }: { files: FileSystem; random: Random },
  spool: string,
  inboxPath: string,
  bundle: OpenedBundle,
  before: SiteRecord | null,
): Promise<SiteRecord> {
  const { site, epoch, sequence, payloadHash: hash, kind } = bundle.header;
  const directory = siteDirectory(spool, site);
  const name = formatBundleName(bundle.header);
  await files.makeDirectory(directory, 0o700);
  await linkInto(files, inboxPath, `${directory}/${name}`);
  await files.syncDirectory(directory);
  const record: SiteRecord = {
    mark: advance(before?.mark ?? null, { epoch, sequence, hash }),
    configuration: kind === "config" ? name : (before?.configuration ?? null),
    keyframe: kind === "keyframe" ? name : (before?.keyframe ?? null),
  };
  await replaceState(files, random, directory, recordName, Buffer.from(JSON.stringify(record)));
  await files.unlink(inboxPath);
  await tidy(files, directory, record);
  return record;
}

/** Takes away what the record doesn't name: bundles before, and what a crash left of a write. */
async function tidy(
  files: FileSystem,
  directory: string,
  { configuration, keyframe }: SiteRecord,
): Promise<void> {
  for (const old of (await files.list(directory)).filter((name) => name.endsWith(bundleSuffix))) {
    if (old !== configuration && old !== keyframe) await files.unlink(`${directory}/${old}`);
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

/**
 * Opens a kept bundle again, through the same order of trust as when it came, at the time it was
 * made: a key that was taken out of allowed_signers since takes its bundles with it.
 */
export async function reopen<Kind extends OpenedBundle["kind"]>(
  { world: { files }, settings: { centre }, spool, signers }: Opening,
  site: SiteId,
  name: string,
  kind: Kind,
): Promise<OpenedOf<Kind>> {
  const path = `${siteDirectory(spool, site)}/${name}`;
  try {
    const bytes = await files.read(path, limits.bundleBytesMax, { trusted: true });
    const nowMs = readHeader(bytes).unverified.createdMs;
    const trust = { centre, signers, siteOfTransport: site, nowMs };
    const bundle = await unpack(await verify(bytes, trust));
    if (bundle.kind === kind) return bundle as OpenedOf<Kind>;
    throw new Error(`it is a ${bundle.kind}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FerryError("spool-damaged", `${path} can't be opened any more: ${reason}`, { cause });
  }
}
