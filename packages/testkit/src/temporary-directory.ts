// A directory that goes away with whoever uses it: `await using directory = await makeTemporaryDirectory()`.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** Removes the directory and all in it; a second call does nothing. */
  remove(): Promise<void>;
}

/** Makes an empty directory, mode 0700, with `label` in its name. */
export async function makeTemporaryDirectory(label = "test"): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), `siteferry-${label}-`));
  // A core that is just ending may still write its last file while the directory is being removed.
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
