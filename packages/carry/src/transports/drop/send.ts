// drop, the sending half: publishes bundles into a directory that something else carries on, or
// that the receiver itself scans.

import {
  type FileSystem,
  limits,
  parseBundleName,
  type Random,
  type SiteId,
} from "@siteferry/model";
import { isTemporaryName, publishByRename } from "@siteferry/spool";
import type { SendingTransport } from "../../transport.ts";
import { indexName } from "../../outbox-index.ts";
import { handOver } from "./hand-over.ts";
import { isBeingWritten, whileWriting } from "./own-temporaries.ts";
import { ServedOutbox } from "./served-outbox.ts";
import { dropTraits } from "./traits.ts";

export interface DropSendOptions {
  /** An existing directory. */
  readonly dir: string;
  /** The sending site: only its own leftovers are swept, others may write here too. */
  readonly site: SiteId;
  /** Of the published files; default 0640, so that a receiver in the same group can read them. */
  readonly mode?: number;
  /** The end of the name of an empty file that follows each bundle, for tools that wait for one: `.ok`. */
  readonly marker?: string | undefined;
  /** A command that carries the file on, `{file}` in it standing for its path; it must end with 0. */
  readonly after?: readonly string[];
  /** Of this site's files, those that a newer one supersedes are removed. */
  readonly collapse?: boolean;
  /** Keeps an index.json of this site's files, for a web server that hands the directory out. */
  readonly index?: boolean;
}

export function dropSender(
  world: { files: FileSystem; random: Random },
  { dir, site, mode = 0o640, marker, after = [], collapse = false, index = false }: DropSendOptions,
): SendingTransport {
  const { files, random } = world;
  let swept = false;
  const outbox = new ServedOutbox(world, { dir, site, mode });
  return {
    name: `drop:${dir}`,
    traits: dropTraits(limits.bundleBytesMax),
    async send({ name, content, onSent }) {
      if (!swept) await sweepOwn(files, dir, site);
      swept = true;
      const place = { directory: dir, temporaryDirectory: dir };
      await whileWriting(files, (tracked) =>
        publishByRename(tracked, random, { ...place, name, content, mode }),
      );
      onSent?.(content.length);
      if (marker !== undefined) await mark(files, dir, `${name}${marker}`, mode);
      if (after.length > 0) await handOver(after, `${dir}/${name}`);
      if (collapse || index) await outbox.tidy({ collapse, index, marker });
      return null;
    },
    async close() {},
  };
}

async function mark(files: FileSystem, dir: string, name: string, mode: number): Promise<void> {
  await files.touch(`${dir}/${name}`, mode);
  await files.syncDirectory(dir);
}

async function sweepOwn(files: FileSystem, dir: string, site: SiteId): Promise<void> {
  for (const name of (await files.list(dir)).filter(isTemporaryName)) {
    const target = name.slice(1, -".0123456789abcdef.tmp".length);
    const isOwn = target === indexName || parseBundleName(target)?.site === site;
    if (isOwn && !isBeingWritten(`${dir}/${name}`)) await files.unlink(`${dir}/${name}`);
  }
}
