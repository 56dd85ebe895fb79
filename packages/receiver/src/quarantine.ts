// The quarantine as an operator works with it. No lock: each step is one rename or unlink, and the
// daemon may run meanwhile.

import { limits, parseSiteId, type FileSystem } from "@siteferry/model";
import { listQuarantine, type QuarantinedFile, releaseFromQuarantine } from "@siteferry/spool";
import { inboxName, releasedMark } from "./inbox.ts";
import type { ReceiverSettings } from "./settings.ts";

/** What was refused, the newest first; empty if there is no quarantine yet. */
export async function readQuarantine(
  files: FileSystem,
  { spool }: ReceiverSettings,
): Promise<readonly QuarantinedFile[]> {
  const directory = `${spool}/receiver/quarantine`;
  return (await files.status(directory)) === null ? [] : await listQuarantine(files, directory);
}

/** Puts a file into the inbox again: after a key was added, or a host handed to another site. */
export async function release(
  files: FileSystem,
  { spool }: ReceiverSettings,
  file: QuarantinedFile,
): Promise<void> {
  await judgeAgain(files, `${spool}/receiver`, file, releasedMark);
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
