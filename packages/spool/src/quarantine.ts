// Refused files, kept with the reason for a person to look at; bounded, the oldest go first.

import { basename, dirname } from "node:path";
import {
  type Clock,
  type FileSystem,
  limits,
  printable,
  type Random,
  type Refusal,
} from "@siteferry/model";

/** What stands beside a refused file, for a person. */
export interface QuarantineNote {
  /** ISO 8601. */
  readonly refusedAt: string;
  readonly code: string;
  readonly number: string;
  readonly message: string;
  readonly name: string;
  readonly from: string;
  /** The site that its link may speak for, or "". */
  readonly link: string;
}

/** A file in the quarantine; `id` names it in commands: `<site>/<file>`. */
export interface QuarantinedFile {
  readonly id: string;
  readonly site: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly note: QuarantineNote;
}

export interface QuarantineEntry {
  /** The file's own name, as it came. */
  readonly name: string;
  /** Where it came from, for people. */
  readonly from: string;
  /** The site it speaks for, if that is known well enough to count it there. */
  readonly site: string;
  /** The site that its link may speak for, or "". */
  readonly link: string;
}

/**
 * Moves `path` into `quarantine`/`<site>` with a note beside it, then drops the oldest files over
 * the limits. Returns the names that were dropped.
 */
export async function putInQuarantine(
  world: { files: FileSystem; random: Random; clock: Clock },
  quarantine: string,
  path: string,
  entry: QuarantineEntry,
  refusal: Refusal,
): Promise<readonly string[]> {
  const { files, random, clock } = world;
  const directory = `${quarantine}/${entry.site}`;
  await files.makeDirectory(directory, 0o700);
  const at = clock.now();
  const unique = Buffer.from(random.bytes(4)).toString("hex");
  // Behind all that is there, also after a clock was put back: else the newest would be taken for the oldest.
  const times = (await files.list(directory)).map((other) => Number.parseInt(other, 10) || 0);
  const newest = Math.max(-1, ...times);
  const name = `${String(Math.max(at, newest + 1)).padStart(15, "0")}-${unique}.ferry`;
  const note: QuarantineNote = {
    refusedAt: new Date(at).toISOString(),
    code: refusal.code,
    number: refusal.number,
    message: refusal.message,
    name: printable(entry.name),
    from: entry.from,
    link: entry.link,
  };
  const noteText = Buffer.from(`${JSON.stringify(note, null, 2)}\n`);
  // The note first: a crash in between leaves the file where it was, to be refused again.
  await files.writeNew(`${directory}/${name}.reason`, noteText, 0o600);
  await files.rename(path, `${directory}/${name}`);
  return await dropOldest(files, directory);
}

async function dropOldest(files: FileSystem, directory: string): Promise<readonly string[]> {
  const all = await files.list(directory);
  const names = all.filter((name) => name.endsWith(".ferry")).sort();
  const dropped: string[] = [];
  let count = 0;
  let bytes = 0;
  for (const name of names.toReversed()) {
    count += 1;
    bytes += (await files.status(`${directory}/${name}`))?.sizeBytes ?? 0;
    if (count <= limits.quarantineFilesMax && bytes <= limits.quarantineBytesMax) continue;
    await files.unlink(`${directory}/${name}`);
    await files.unlink(`${directory}/${name}.reason`);
    dropped.push(name);
  }
  // A crash may have left a note whose file never came.
  const lonely = all.filter((name) => !all.includes(name.replace(/\.reason$/, "")));
  for (const name of lonely) await files.unlink(`${directory}/${name}`);
  return dropped;
}

/**
 * All refused files, the newest first. `known`: what an earlier look found, by path; of those nothing is read
 * again, as a name comes once and its note stays as it is. It is brought up to date.
 */
export async function listQuarantine(
  files: FileSystem,
  quarantine: string,
  known: Map<string, QuarantinedFile> = new Map(),
): Promise<readonly QuarantinedFile[]> {
  const found: QuarantinedFile[] = [];
  for (const site of await files.list(quarantine)) {
    for (const name of await files.list(`${quarantine}/${site}`)) {
      if (!name.endsWith(".ferry")) continue;
      const path = `${quarantine}/${site}/${name}`;
      const before = known.get(path);
      if (before !== undefined) {
        found.push(before);
        continue;
      }
      const sizeBytes = (await files.status(path))?.sizeBytes ?? 0;
      const note = await readNote(files, path);
      if (note === null) continue;
      found.push({ id: `${site}/${name.replace(/\.ferry$/, "")}`, site, path, sizeBytes, note });
    }
  }
  known.clear();
  for (const file of found) known.set(file.path, file);
  return found.sort((a, b) => (a.note.refusedAt < b.note.refusedAt ? 1 : -1));
}

/** Takes a file and its note away. */
export async function dropFromQuarantine(
  files: FileSystem,
  { path }: QuarantinedFile,
): Promise<void> {
  await files.unlink(path);
  await files.unlink(`${path}.reason`);
}

/** Moves a file out, to be judged again. */
export async function releaseFromQuarantine(
  files: FileSystem,
  { path }: QuarantinedFile,
  to: string,
): Promise<void> {
  await files.rename(path, to);
  await files.unlink(`${path}.reason`);
}

/** Null if somebody has just taken the file out: it goes before its note. */
async function readNote(files: FileSystem, path: string): Promise<QuarantineNote | null> {
  try {
    const bytes = await files.read(`${path}.reason`, limits.settingsBytesMax, { trusted: true });
    return JSON.parse(new TextDecoder().decode(bytes)) as QuarantineNote;
  } catch {
    return (await files.status(path)) === null ? null : lostNote(path);
  }
}

/** A power cut may leave a file without its note, or with a part of it; the others must be seen all the same. */
function lostNote(path: string): QuarantineNote {
  const [name, site] = [basename(path), basename(dirname(path))];
  const refusedAt = new Date(Number.parseInt(name, 10) || 0).toISOString();
  const message = "Its reason was lost, as in a power cut; release it to have it judged again";
  return { refusedAt, code: "reason-lost", number: "", message, name, from: "", link: site };
}
