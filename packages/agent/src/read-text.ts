// Text files of the operator: settings, keys, lists of signers, certificates.

import {
  FerryError,
  type FileSystem,
  keepSecret,
  limits,
  printable,
  type ReadOptions,
  systemCode,
} from "@siteferry/model";

/** The text of a file; links are followed. @throws FerryError `settings-unreadable` */
export async function readText(
  files: FileSystem,
  path: string,
  options: ReadOptions = {},
): Promise<string> {
  try {
    const bytes = await files.read(path, limits.settingsBytesMax, { trusted: true, ...options });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof FerryError && cause.code === "key-unusable") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const shown = systemCode(cause) === "ENOENT" ? "doesn't exist" : printable(reason);
    throw new FerryError("settings-unreadable", `${printable(path)}: ${shown}`, { cause });
  }
}

/**
 * A private key, a password or a token. One that others can read signs or logs in for them too: refused, as
 * ssh does. What has one line is sent to servers, which may repeat it: from here on nobody is shown it.
 * @throws FerryError `key-unusable`, `settings-unreadable`
 */
export async function readKey(files: FileSystem, path: string): Promise<string> {
  const text = await readText(files, path, { secret: true });
  const line = text.trim();
  if (!line.includes("\n")) keepSecret(line);
  return text;
}
