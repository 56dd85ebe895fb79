// One more line in a list of allowed signers, if it may stand there. Pure.

import { FerryError, type SiteId } from "@siteferry/model";
import { type AllowedSigner, parseAllowedSigners } from "./allowed-signers.ts";

/**
 * The list with the key of `name`, valid for siteferry's signatures alone; the same text if that key is
 * there already. Whatever else a line says isn't taken over.
 * @param line `ssh-ed25519 KEY [comment]`, or a whole line as keygen prints it.
 * @param revoked ids of keys that are not believed any more.
 * @throws FerryError `signers-invalid` if it is no key, another's, revoked, or not the one that `name` has;
 *   `key-low-order`
 */
export function addSigner(
  list: string,
  path: string,
  name: SiteId,
  line: string,
  revoked: ReadonlySet<string> = new Set(),
): string {
  const [, key, comment = ""] =
    /(?:^|\s)(ssh-ed25519\s+[\w+/=]+)(?:\s+(\S+))?\s*$/.exec(line.trim()) ?? [];
  if (key === undefined || /[\r\n]/.test(line.trim())) {
    // What it is isn't shown: it may be the private half.
    throw invalid(`that is no line such as: ssh-ed25519 AAAA… ${name}`);
  }
  const plain = key.replace(/\s+/, " ");
  const [signer] = parseAllowedSigners(`${name} ${plain}`, "the key").values().next().value ?? [];
  const { keyId } = signer!;
  if (revoked.has(keyId)) throw invalid(`the key ${keyId} was revoked`);
  const all = [...parseAllowedSigners(list, path).values()].flat();
  if (isThere(all, keyId, name, path)) return list;
  const said = /^[\w.@-]{1,64}$/.test(comment) ? ` ${comment}` : "";
  const before = list === "" || list.endsWith("\n") ? list : `${list}\n`;
  return `${before}${name} namespaces="siteferry" ${plain}${said}\n`;
}

function isThere(
  all: readonly AllowedSigner[],
  keyId: string,
  name: SiteId,
  path: string,
): boolean {
  const same = all.filter((one) => one.keyId === keyId);
  const other = same.flatMap(({ sites }) => sites).find((one) => one !== name);
  if (other !== undefined) {
    throw invalid(`the key ${keyId} is ${other}'s in ${path}: each needs a key of its own`);
  }
  if (same.length > 0) return true;
  const own = all.find(({ sites }) => sites.includes(name));
  if (own === undefined) return false;
  throw invalid(
    `${name} has another key in ${path}, ${own.keyId}. If it was changed, ask its owner, and put the new line there by hand; a clone of a site needs a name of its own`,
  );
}

function invalid(problem: string): FerryError {
  return new FerryError("signers-invalid", problem);
}
