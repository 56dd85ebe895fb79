// Which temporary files this process is writing just now, in whatever lane: those are no leftovers. No
// other process of this site's writes where it publishes: it would need the lock of the spool.

import type { FileSystem } from "@siteferry/model";

const writing = new Set<string>();

export function isBeingWritten(path: string): boolean {
  return writing.has(path);
}

/** What `work` writes anew is known as such until it ends. */
export async function whileWriting(
  files: FileSystem,
  work: (files: FileSystem) => Promise<unknown>,
): Promise<void> {
  const own: string[] = [];
  const tracked: FileSystem = {
    ...files,
    async writeNew(path, content, mode) {
      own.push(path);
      writing.add(path);
      await files.writeNew(path, content, mode);
    },
  };
  try {
    await work(tracked);
  } finally {
    for (const path of own) writing.delete(path);
  }
}
