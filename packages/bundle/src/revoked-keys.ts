// Keys that are not to be believed any more, wherever allowed_signers may still name them: a file
// with one public key a line, the plain form of what `ssh-keygen -Y verify -r FILE` takes.

import { FerryError } from "@siteferry/model";
import { keyIdOf, rawPublicKey } from "./ed25519.ts";

/**
 * The ids (`SHA256:…`) of the keys in `text`; `where` is its path for messages.
 * @throws FerryError `signers-invalid`: a line that is skipped would be a key that is believed.
 */
export function parseRevokedKeys(text: string, where: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const [type, key = ""] = content.split(/\s+/);
    const blob = Buffer.from(key, "base64");
    if (type !== "ssh-ed25519" || rawPublicKey(blob) === null) {
      throw new FerryError("signers-invalid", `${where}:${index + 1}: isn't \`ssh-ed25519 KEY\``);
    }
    ids.add(keyIdOf(blob));
  }
  return ids;
}
