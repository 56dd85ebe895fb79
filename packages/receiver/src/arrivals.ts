// What came through the door and waits for the next run: files whose names have their own hash, so that
// nobody who stores one can hit another one's. Who stored them had verified whose they are.

import { createHash } from "node:crypto";
import type { BundleHeader } from "@siteferry/bundle";
import { dropReceiver, firstOfEachSite, type ReceivingTransport } from "@siteferry/carry/contract";
import {
  bundleSuffix,
  type FileSystem,
  formatBundleName,
  limits,
  parseBundleName,
  type SiteId,
} from "@siteferry/model";

/** Below the receiver's own directory. */
export const arrivalsDirectory = "arrivals";

export function arrivalName(header: BundleHeader, content: Uint8Array): string {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 32);
  return `${formatBundleName(header).slice(0, -bundleSuffix.length)}.${hash}${bundleSuffix}`;
}

/** Null for what the door didn't put there. */
export function parseArrivalName(name: string): { name: string; site: SiteId } | null {
  const bundle = name.replace(/\.[0-9a-f]{32}(?=\.ferry$)/, "");
  const identity = bundle === name ? null : parseBundleName(bundle);
  return identity === null ? null : { name: bundle, site: identity.site };
}

/** @param spool the receiver's own directory. */
export function arrivalsReceiver(files: FileSystem, spool: string): ReceivingTransport {
  const dir = `${spool}/${arrivalsDirectory}`;
  const drop = dropReceiver(files, { dir, site: null });
  return {
    ...drop,
    name: "arrivals",
    async incoming(countPerSite, isKnown) {
      const present = (await files.list(dir)).sort().flatMap((name) => {
        const arrival = parseArrivalName(name);
        const path = `${dir}/${name}`;
        if (arrival === null) return [];
        const read = () => files.read(path, limits.bundleBytesMax, { trusted: true });
        return [
          { ...arrival, from: `door:${arrival.name}`, read, remove: () => files.unlink(path) },
        ];
      });
      return firstOfEachSite(present, countPerSite, isKnown);
    },
  };
}
