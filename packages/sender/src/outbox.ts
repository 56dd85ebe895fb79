// The outbox: sealed bundles that wait for their transport. State is never a backlog to replay: of
// each kind only the newest counts, so what a newer bundle supersedes is dropped, and counted.

import { superseded } from "@siteferry/carry/contract";
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

/** Drops them, and says how many they were. */
export async function dropSuperseded(files: FileSystem, spool: string): Promise<number> {
  const dropped = superseded(await listOutbox(files, spool));
  for (const { fileName } of dropped) await files.unlink(`${spool}/outbox/${fileName}`);
  return dropped.length;
}
