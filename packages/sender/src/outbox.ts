// The outbox: sealed bundles that wait for their transport. State is never a backlog to replay: of
// each kind only the newest counts, so what a newer bundle supersedes is dropped, and counted.

import { superseded } from "@siteferry/carry/contract";
import {
  type BundleName,
  type FileSystem,
  parseBundleName,
  type Random,
  type World,
} from "@siteferry/model";
import { publish } from "@siteferry/spool";
import { lastRoute, type Route } from "./numbering.ts";

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

/**
 * A spool that was another site's, or sent to another centre, keeps what its links mustn't carry now: it
 * is dropped, with the copies to be repeated. Before the numbering says the new route.
 */
export async function dropOfOtherRoute(
  { files, log }: World,
  spool: string,
  { site, centre }: Route,
): Promise<void> {
  const last = await lastRoute(files, `${spool}/state`, { site, centre });
  if (last.site === site && last.centre === centre) return;
  for (const directory of [`${spool}/outbox`, `${spool}/copies`]) {
    if ((await files.status(directory)) === null) continue;
    const names = (await files.list(directory)).filter((name) => parseBundleName(name) !== null);
    for (const name of names) await files.unlink(`${directory}/${name}`);
    await files.syncDirectory(directory);
    if (names.length > 0) {
      const was = `${last.site} to ${last.centre}`;
      log.warn({ directory, names }, `Dropped what ${was} left, now it is ${site} to ${centre}`);
    }
  }
}

/** Drops them, and says how many they were. */
export async function dropSuperseded(files: FileSystem, spool: string): Promise<number> {
  const dropped = superseded(await listOutbox(files, spool));
  for (const { fileName } of dropped) await files.unlink(`${spool}/outbox/${fileName}`);
  return dropped.length;
}
