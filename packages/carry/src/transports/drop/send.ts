// drop, the sending half: publishes bundles into a directory that something else carries on, or
// that the receiver itself scans.

import { type FileSystem, limits, type Random, type SiteId } from "@siteferry/model";
import { isTemporaryName, publish } from "@siteferry/spool";
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
      await publish(files, random, {
        temporaryDirectory: dir,
        directory: dir,
        name,
        content,
        mode,
      });
    },
    async close() {},
  };
}

async function sweepOwn(files: FileSystem, dir: string, site: SiteId): Promise<void> {
  for (const name of await files.list(dir)) {
    if (isTemporaryName(name) && name.startsWith(`.${site}-`)) await files.unlink(`${dir}/${name}`);
  }
}
