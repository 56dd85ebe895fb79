// Text files of the operator: settings, keys, lists of signers, certificates.

import { FerryError, type FileSystem, limits, printable, systemCode } from "@siteferry/model";

/** The text of a file; links are followed. @throws FerryError `settings-unreadable` */
export async function readText(files: FileSystem, path: string): Promise<string> {
  try {
    const bytes = await files.read(path, limits.settingsBytesMax, { trusted: true });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const shown = systemCode(cause) === "ENOENT" ? "doesn't exist" : printable(reason);
    throw new FerryError("settings-unreadable", `${printable(path)}: ${shown}`, { cause });
  }
}

/**
 * A private key. One that others can read signs for them too: refused, as ssh does.
 * @throws FerryError `key-unusable`, `settings-unreadable`
 */
export async function readKey(files: FileSystem, path: string): Promise<string> {
  const status = await files.status(path);
  if (status?.kind === "file" && (status.mode & 0o077) !== 0) {
    const mode = status.mode.toString(8).padStart(4, "0");
    throw new FerryError("key-unusable", `${path} has mode ${mode}: others may read it; chmod 600`);
  }
  return await readText(files, path);
}
