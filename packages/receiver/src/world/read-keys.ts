// Whom the receiver believes, and what it decrypts with: files of the operator, read anew in each run.

import { readKey, readText } from "@siteferry/agent";
import { parseAgeIdentities, parseAllowedSigners, parseRevokedKeys } from "@siteferry/bundle";
import type { FileSystem } from "@siteferry/model";
import type { Opening } from "../opening.ts";
import type { ReceiverSettings } from "../settings.ts";

type Keys = Pick<Opening, "signers" | "revoked" | "identities">;

/** `trusted` changes when any of it does. */
export async function readKeys(
  files: FileSystem,
  settings: ReceiverSettings,
): Promise<Keys & { trusted: string }> {
  const { identity } = settings;
  const identities =
    identity === undefined ? [] : parseAgeIdentities(await readKey(files, identity), identity);
  const { texts, ...signers } = await readSigners(files, settings);
  return { ...signers, identities, trusted: [...texts, ...identities].join("\n") };
}

/** Without the keys that decrypt. */
export async function readSigners(
  files: FileSystem,
  { allowedSigners, revokedKeys }: ReceiverSettings,
): Promise<Pick<Keys, "signers" | "revoked"> & { texts: readonly string[] }> {
  const revoked = revokedKeys === undefined ? "" : await readText(files, revokedKeys);
  const list = await readText(files, allowedSigners);
  return {
    signers: parseAllowedSigners(list, allowedSigners),
    revoked: parseRevokedKeys(revoked, revokedKeys ?? ""),
    texts: [list, revoked],
  };
}
