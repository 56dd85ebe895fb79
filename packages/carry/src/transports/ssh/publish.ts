// Push by SFTP: a bundle appears in the centre's incoming directory whole, under its name.

import { FerryError, parseBundleName, printable, type Random, type SiteId } from "@siteferry/model";
import { isTemporaryName, temporaryName } from "@siteferry/spool";
import type { OutgoingBundle } from "../../transport.ts";
import type { Sftp } from "./sftp.ts";

/** The server's umask takes from it; the group is for a receiver that runs as another user. */
const fileMode = 0o640;

/** Whoever still writes a file writes it more often than this. */
const leftAfterSeconds = 3600;

/** @throws FerryError `name-taken` if a file of this name has other content, and what {@link Sftp} throws */
export async function publishOver(
  sftp: Sftp,
  random: Random,
  directory: string,
  { name, content, onSent }: OutgoingBundle,
): Promise<void> {
  const target = `${directory}/${name}`;
  if (!(await isThere(sftp, target, content))) {
    const temporary = `${directory}/${temporaryName(random, name)}`;
    await sftp.writeNew(temporary, content, fileMode, onSent);
    try {
      await sftp.rename(temporary, target);
    } catch (error) {
      await sftp.unlink(temporary).catch(() => {});
      throw error;
    }
  }
  await sftp.syncDirectory(directory);
}

/**
 * Removes what was left of this site's own publications when a line broke. Not what is young: another
 * connection of the site may be writing it. The clock is the server's, read off `published`.
 */
export async function sweepOver(
  sftp: Sftp,
  directory: string,
  site: SiteId,
  published: string,
): Promise<void> {
  const nowSeconds = (await sftp.status(`${directory}/${published}`))?.mtime ?? 0;
  for (const { filename, mtime } of await sftp.list(directory)) {
    const isOwn =
      parseBundleName(filename.slice(1, -".0123456789abcdef.tmp".length))?.site === site;
    const isLeft = isTemporaryName(filename) && mtime < nowSeconds - leftAfterSeconds;
    if (isOwn && isLeft) await sftp.unlink(`${directory}/${filename}`);
  }
}

async function isThere(sftp: Sftp, target: string, content: Uint8Array): Promise<boolean> {
  if ((await sftp.status(target)) === null) return false;
  // Taken in just now, or not for us to read: then it is written again, which is harmless.
  const there = await sftp.read(target).catch(unlessRefused);
  if (there === undefined) return false;
  if (Buffer.compare(there, content) === 0) return true;
  const { place } = sftp.session.conversation;
  throw new FerryError("name-taken", `${place}: ${printable(target)} exists with other content`);
}

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof FerryError) || error.code !== "system-error") throw error;
}
