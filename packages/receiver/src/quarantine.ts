// The quarantine as an operator works with it. No lock: each step is one rename or unlink, and the
// daemon may run meanwhile.

import {
  type FileSystem,
  limits,
  parseBundleName,
  parseSiteId,
  type SiteId,
} from "@siteferry/model";
import { listQuarantine, type QuarantinedFile, releaseFromQuarantine } from "@siteferry/spool";
import { inboxName, releasedMark } from "./inbox.ts";
import type { ReceiverSettings } from "./settings.ts";

type Spool = Pick<ReceiverSettings, "spool">;

/** What was refused, the newest first; empty if there is no quarantine yet. `known`: as `listQuarantine` says. */
export async function readQuarantine(
  files: FileSystem,
  { spool }: Spool,
  known?: Map<string, QuarantinedFile>,
): Promise<readonly QuarantinedFile[]> {
  const directory = `${spool}/receiver/quarantine`;
  return (await files.status(directory)) === null
    ? []
    : await listQuarantine(files, directory, known);
}

/** Puts a file into the inbox again: after a key was added, or a host handed to another site. */
export async function release(
  files: FileSystem,
  { spool }: Spool,
  file: QuarantinedFile,
): Promise<void> {
  await judgeAgain(files, `${spool}/receiver`, file, releasedMark);
}

/** Of what a site sent before it was known here, the newest of each kind: the others would be late. */
export function worthReleasing(
  all: readonly QuarantinedFile[],
  site: SiteId,
): readonly QuarantinedFile[] {
  const isOfIt = ({ note }: QuarantinedFile): boolean =>
    (note.code === "key-unknown" || note.code === "site-unknown") &&
    parseBundleName(note.name)?.site === site;
  // Names are in the order of their numbers.
  const newestFirst = all.filter(isOfIt).toSorted((a, b) => (a.note.name < b.note.name ? 1 : -1));
  const kindOf = ({ note }: QuarantinedFile): unknown => parseBundleName(note.name)?.kind;
  return [...Map.groupBy(newestFirst, kindOf).values()].map(([newest]) => newest!);
}

/** Lets in a configuration of the site that is held because many hosts are missing in it; returns how many. */
export async function releaseHeld(
  files: FileSystem,
  settings: Spool,
  site: SiteId,
): Promise<number> {
  const held = (await readQuarantine(files, settings)).filter(
    ({ note }) => note.code === "mass-removal" && parseBundleName(note.name)?.site === site,
  );
  // The newest is what the site says now.
  const [newest] = held;
  if (newest !== undefined) await release(files, settings, newest);
  return newest === undefined ? 0 : 1;
}

/** Into the inbox again; with the mark, as an operator's word for what is held until somebody says so. */
export async function judgeAgain(
  files: FileSystem,
  spool: string,
  file: QuarantinedFile,
  mark: typeof releasedMark | "" = "",
): Promise<void> {
  const content = await files.read(file.path, limits.bundleBytesMax, { trusted: true });
  const name = inboxName(file.note.name, parseSiteId(file.note.link), content);
  await releaseFromQuarantine(files, file, `${spool}/inbox/${name}${mark}`);
}
