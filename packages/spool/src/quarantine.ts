// Refused files, kept with the reason for a person to look at; bounded, the oldest go first.

import {
  type Clock,
  type FileSystem,
  limits,
  printable,
  type Random,
  type Refusal,
} from "@siteferry/model";

export interface QuarantineEntry {
  /** The file's own name, as it came. */
  readonly name: string;
  /** Where it came from, for people. */
  readonly from: string;
  /** The site it speaks for, if that is known well enough to count it there. */
  readonly site: string;
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
  const name = `${String(at).padStart(15, "0")}-${unique}.ferry`;
  const note = {
    refusedAt: new Date(at).toISOString(),
    code: refusal.code,
    number: refusal.number,
    message: refusal.message,
    name: printable(entry.name),
    from: entry.from,
  };
  const noteText = Buffer.from(`${JSON.stringify(note, null, 2)}\n`);
  // The note first: a crash in between leaves the file where it was, to be refused again.
  await files.writeNew(`${directory}/${name}.reason`, noteText, 0o600);
  await files.rename(path, `${directory}/${name}`);
  return await dropOldest(files, directory);
}

async function dropOldest(files: FileSystem, directory: string): Promise<readonly string[]> {
  const names = (await files.list(directory)).filter((name) => name.endsWith(".ferry")).sort();
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
  return dropped;
}
