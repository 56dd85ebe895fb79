// An operator's own file with other content: whole or not at all, owner and mode as they were.

import { randomBytes } from "node:crypto";
import { chown, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { FerryError, printable, systemCode } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";

/** The text of a file, or "" if it isn't there. */
export async function readOrEmpty(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw error;
    return "";
  });
}

/**
 * Replaces what was read as `before`. A file that is new gets mode 0644.
 * @throws FerryError `name-taken` if somebody has changed it since
 */
export async function replaceFile(path: string, before: string, after: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const stats = await stat(target).catch(() => null);
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  await nodeFiles.writeNew(temporary, Buffer.from(after), (stats?.mode ?? 0o644) & 0o777);
  try {
    if (stats !== null) await chown(temporary, stats.uid, stats.gid);
    if ((await readOrEmpty(target)) !== before) {
      const problem = `${printable(path)} was changed meanwhile: nothing was written`;
      throw new FerryError("name-taken", problem);
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await nodeFiles.syncDirectory(dirname(target));
}
