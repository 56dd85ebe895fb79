// The directories of a spool: made on first use, all on one file system, leftovers swept by the
// holder of the lock.

import { FerryError, type FileSystem, printable } from "@siteferry/model";
import { sweep } from "./publish.ts";

/**
 * Makes `names` below `root` (mode 0700) and removes what interrupted writes left in them.
 * @throws FerryError `settings-invalid` if they lie on different file systems: a link between them
 * would fail later, in the middle of the work.
 */
export async function openDirectories(
  files: FileSystem,
  root: string,
  names: readonly string[],
): Promise<void> {
  let device: number | null = null;
  for (const name of names) {
    const path = `${root}/${name}`;
    await files.makeDirectory(path, 0o700);
    const status = await files.status(path);
    device ??= status?.device ?? null;
    if (status?.device !== device) {
      throw new FerryError(
        "settings-invalid",
        `The directories of ${printable(root)} must lie on one file system, but ${name} doesn't`,
      );
    }
    await sweep(files, path);
  }
}
