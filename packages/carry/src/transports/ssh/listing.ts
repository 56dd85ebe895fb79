// What a server says is in a directory. It may say so without an end: of what comes little is kept, and
// all is counted.

import type { Stats } from "ssh2";
import { listingBytesMax, namesMax } from "./limits.ts";

export interface DirectoryEntry {
  readonly filename: string;
  readonly mtime: number;
}

/** As ssh2 gives it, who leaves out what a packet has no room for. */
export interface NamedFile {
  readonly filename?: string;
  readonly longname?: string;
  readonly attrs: Pick<Stats, "mtime">;
}

/** No file system has longer names. */
const nameBytesMax = 255;

export class Listing {
  readonly entries: DirectoryEntry[] = [];
  #names = 0;
  #bytes = 0;

  /** Takes an answer in; says why no more is taken, or null. */
  add(some: readonly NamedFile[]): string | null {
    // An answer may hold no names, but not each.
    this.#names += Math.max(1, some.length);
    for (const { filename = "", longname = "", attrs } of some) {
      const nameBytes = Buffer.byteLength(filename);
      this.#bytes += nameBytes + Buffer.byteLength(longname);
      if (nameBytes <= nameBytesMax) this.entries.push({ filename, mtime: attrs.mtime });
    }
    if (this.#names > namesMax) return `more than ${namesMax} names`;
    return this.#bytes > listingBytesMax ? `more than ${listingBytesMax} bytes of names` : null;
  }
}
