// drop, the sending half: publishes bundles into a directory that something else carries on, or
// that the receiver itself scans.

import {
  type FileSystem,
  limits,
  parseBundleName,
  type Random,
  type SiteId,
} from "@siteferry/model";
import { isTemporaryName, type Publication, publish, temporaryName } from "@siteferry/spool";
import type { SendingTransport } from "../../transport.ts";
import { dropTraits } from "./traits.ts";

export interface DropSendOptions {
  /** An existing directory. */
  readonly dir: string;
  /** The sending site: only its own leftovers are swept, others may write here too. */
  readonly site: SiteId;
  /** Of the published files; default 0640, so that a receiver in the same group can read them. */
  readonly mode?: number;
}

export function dropSender(
  { files, random }: { files: FileSystem; random: Random },
  { dir, site, mode = 0o640 }: DropSendOptions,
): SendingTransport {
  let swept = false;
  return {
    name: `drop:${dir}`,
    traits: dropTraits(limits.bundleBytesMax),
    async send({ name, content }) {
      if (!swept) {
        await sweepOwn(files, dir, site);
        swept = true;
      }
      await publishRenamed(files, random, { directory: dir, name, content, mode });
      return null;
    },
    async close() {},
  };
}

/**
 * By rename, not by link: for a moment a linked file has two names, and a receiver that scans just
 * then doesn't take it. Names are this site's own, so one that is free stays free.
 */
async function publishRenamed(
  files: FileSystem,
  random: Random,
  publication: Required<Omit<Publication, "temporaryDirectory">>,
): Promise<void> {
  const { directory, name, content, mode } = publication;
  if ((await files.status(`${directory}/${name}`)) !== null) {
    await publish(files, random, { ...publication, temporaryDirectory: directory });
    return;
  }
  const temporary = `${directory}/${temporaryName(random, name)}`;
  await files.writeNew(temporary, content, mode);
  await files.rename(temporary, `${directory}/${name}`);
  await files.syncDirectory(directory);
}

async function sweepOwn(files: FileSystem, dir: string, site: SiteId): Promise<void> {
  for (const name of await files.list(dir)) {
    const isOwn = parseBundleName(name.slice(1, -".0123456789abcdef.tmp".length))?.site === site;
    if (isTemporaryName(name) && isOwn) await files.unlink(`${dir}/${name}`);
  }
}
