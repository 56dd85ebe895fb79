// The outbox: sealed bundles that wait for their transport. State is never a backlog to replay: of
// each kind only the newest counts, so what a newer bundle supersedes is dropped, and counted.

import { type BundleName, type FileSystem, parseBundleName, type Random } from "@siteferry/model";
import { publish } from "@siteferry/spool";

export interface OutboxEntry extends BundleName {
  readonly fileName: string;
}

export async function publishToOutbox(
  files: FileSystem,
  random: Random,
  spool: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  await publish(files, random, {
    temporaryDirectory: `${spool}/tmp`,
    directory: `${spool}/outbox`,
    name,
    content,
  });
}

/** What waits, oldest first. */
export async function listOutbox(files: FileSystem, spool: string): Promise<OutboxEntry[]> {
  const names = (await files.list(`${spool}/outbox`)).sort();
  return names.flatMap((fileName) => {
    const name = parseBundleName(fileName);
    return name === null ? [] : [{ ...name, fileName }];
  });
}

/** The entries that a newer one of the same kind has made worthless. `entries` are oldest first. */
export function superseded(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const newest = new Map(entries.map((entry) => [entry.kind, entry]));
  return entries.filter((entry) => newest.get(entry.kind) !== entry);
}
