// Before anything is written: what earlier passes left in the core's directory. Finishes what a
// crash interrupted, takes back what the core doesn't read, and says which objects still wait in it.
// Nothing but file names is looked at; what is in our files the record knows.

import type { FileSystem, SiteId } from "@siteferry/model";
import {
  type AppliedRecord,
  type ObjectKey,
  type PendingFile,
  type Reached,
  withoutDelivery,
} from "./applied.ts";
import { liveNameOf, okName, stagedName } from "./spool-files.ts";

/** The core drops unread files after 3600 s (max_check_result_file_age); half of that is ours. */
const withdrawAfterMs = 30 * 60 * 1000;
/** A file that is gone before this was read, not dropped. */
const droppedAfterMs = 59 * 60 * 1000;

/** The core's directory and the way to it. */
export interface ResultDirectory {
  readonly files: FileSystem;
  readonly path: string;
  readonly mode: number;
}

/** The record as the directory shows it now, not saved yet. */
export interface Recovered extends AppliedRecord {
  /** Whether it differs from the record that was saved last. */
  readonly changed: boolean;
  /** All names in the directory. */
  readonly names: Set<string>;
  /** Files that were taken back because the core didn't read them for half an hour. */
  readonly withdrawn: number;
}

/**
 * When it returns, the only files of this site in the directory are those of the returned `pending`,
 * released and young, and what was withdrawn just now, under a name that the core doesn't read: that
 * goes in the next pass, when the record is saved.
 */
export async function recover(
  directory: ResultDirectory,
  site: SiteId,
  record: AppliedRecord,
  nowMs: number,
): Promise<Recovered> {
  const { files, path } = directory;
  const names = new Set(await files.list(path));
  await discardUnknown(directory, site, record, names);

  const pending = new Map<string, PendingFile>();
  const takenBack = new Map<ObjectKey, Reached | undefined>();
  let withdrawn = 0;
  for (const [name, file] of record.pending) {
    const ageMs = nowMs - file.sinceMs;
    const staged = names.has(stagedName(site, name));
    if (!staged && !names.has(name)) {
      // Read by the core; unless nobody looked for an hour. Then it may have been dropped, which
      // can't be told any more: better a result twice than none.
      if (ageMs >= droppedAfterMs) for (const key of file.keys) takenBack.set(key, undefined);
    } else if (ageMs < withdrawAfterMs) {
      if (staged || !names.has(okName(name))) await release(directory, site, [name]);
      pending.set(name, file);
    } else if (staged || (await withdraw(directory, site, name))) {
      for (const key of file.keys) takenBack.set(key, file.before?.get(key));
      withdrawn++;
    }
  }
  if (withdrawn > 0) await files.syncDirectory(path);
  return {
    ...(takenBack.size > 0 ? without(takenBack, record) : record),
    pending,
    changed: pending.size < record.pending.size,
    names,
    withdrawn,
  };
}

/** Lets the core have staged files: under its name, then the marker. Repeating it is harmless. */
export async function release(
  { files, path, mode }: ResultDirectory,
  site: SiteId,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await moveIfThere(files, `${path}/${stagedName(site, name)}`, `${path}/${name}`);
  }
  for (const name of names) {
    const there = (await files.status(`${path}/${name}`)) !== null;
    if (there) await files.touch(`${path}/${okName(name)}`, mode);
  }
  if (names.length > 0) await files.syncDirectory(path);
}

/** False if the core has read it after all. First the marker goes, then the name. */
async function withdraw(
  { files, path }: ResultDirectory,
  site: SiteId,
  name: string,
): Promise<boolean> {
  await files.unlink(`${path}/${okName(name)}`);
  return await moveIfThere(files, `${path}/${name}`, `${path}/${stagedName(site, name)}`);
}

/** Files that were staged but never came into the record: what they hold is still due. */
async function discardUnknown(
  { files, path }: ResultDirectory,
  site: SiteId,
  { pending }: AppliedRecord,
  names: ReadonlySet<string>,
): Promise<void> {
  for (const name of names) {
    const live = liveNameOf(site, name);
    if (live !== null && !pending.has(live)) await files.unlink(`${path}/${name}`);
  }
}

/** `takenBack`: the objects, and what the core has of them if that is known. */
function without(
  takenBack: ReadonlyMap<ObjectKey, Reached | undefined>,
  { results, attempts, behind, ...rest }: AppliedRecord,
): Omit<AppliedRecord, "pending"> {
  const changed = new Map(results);
  const attemptsLeft = new Map(attempts);
  const nowBehind = new Map(behind);
  for (const [key, reached] of takenBack) {
    const stamp = results.get(key);
    if (stamp === undefined) continue;
    changed.set(key, withoutDelivery(stamp));
    attemptsLeft.delete(key);
    if (reached !== undefined) nowBehind.set(key, reached);
  }
  return { ...rest, results: changed, attempts: attemptsLeft, behind: nowBehind };
}

async function moveIfThere(files: FileSystem, from: string, to: string): Promise<boolean> {
  if ((await files.status(from)) === null) return false;
  await files.rename(from, to);
  return true;
}
