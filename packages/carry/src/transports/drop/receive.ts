// drop, the receiving half: scans a directory. The scan is the truth; the watcher only shortens the
// wait (an overflowing inotify queue loses events without an error, and NFS sends none).

import { bundleSuffix, type FileSystem, limits, printable, type SiteId } from "@siteferry/model";
import type { FSWatcher } from "chokidar";
import type { IncomingFile, ReceivingTransport } from "../../transport.ts";
import { firstOfEachSite } from "../first-of-each-site.ts";
import { dropTraits } from "./traits.ts";

export interface DropReceiveOptions {
  /** An existing directory; files are removed from it once they are durable in the spool. */
  readonly dir: string;
  /** If only one site can write here. */
  readonly site: SiteId | null;
  /** What follows a bundle's name in that of the file which says that it is whole: `.ok`. */
  readonly marker?: string | undefined;
}

export function dropReceiver(
  files: FileSystem,
  { dir, site, marker }: DropReceiveOptions,
): ReceivingTransport {
  let watcher: FSWatcher | null = null;
  return {
    name: `drop:${dir}`,
    traits: dropTraits(limits.bundleBytesMax),
    async incoming(countPerSite, isKnown) {
      // Zero-padded numbers: sorted by name, a site's bundles come in their order.
      const names = (await files.list(dir)).sort();
      const marked = new Set(marker === undefined ? [] : names);
      const offered = names
        .filter(
          (name) => isOffered(name) && (marker === undefined || marked.has(`${name}${marker}`)),
        )
        .map((name) => ({ name }));
      return firstOfEachSite(offered, countPerSite, isKnown).map(({ name }) =>
        incomingFile(files, { dir, name, site, marker }),
      );
    },
    async watch(wake) {
      const { watch } = await import("chokidar");
      watcher = watch(dir, {
        depth: 0,
        followSymlinks: false,
        ignoreInitial: true,
        ignored: isUninteresting(dir, marker ?? ""),
      });
      watcher.on("add", wake);
      // A watcher that fails takes only the hint away; the scan goes on.
      watcher.on("error", () => {});
    },
    async close() {
      await watcher?.close();
    },
  };
}

function isOffered(name: string): boolean {
  return name.endsWith(bundleSuffix) && !name.startsWith(".");
}

function isUninteresting(dir: string, marker: string): (path: string) => boolean {
  return (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return (
      path !== dir &&
      !(name.endsWith(marker) && isOffered(name.slice(0, name.length - marker.length)))
    );
  };
}

function incomingFile(
  files: FileSystem,
  { dir, name, site, marker }: DropReceiveOptions & { name: string },
): IncomingFile {
  const path = `${dir}/${name}`;
  return {
    name,
    from: `drop:${printable(path)}`,
    site,
    read: () => files.read(path, limits.bundleBytesMax),
    async remove() {
      await files.unlink(path);
      if (marker !== undefined) await files.unlink(`${path}${marker}`);
    },
  };
}
