// Encryption of a payload for the centre alone, in the age format (age-encryption.org/v1) with X25519
// keys, so that the stock `age` opens it. The library is imported when first used.

import { FerryError, limits, Refusal } from "@siteferry/model";

export interface AgeKeyPair {
  /** The text of the key file, as `age-keygen` writes it. */
  readonly identityText: string;
  /** The public half, `age1…`. */
  readonly recipient: string;
}

const recipientPattern = /^age1[02-9ac-hj-np-z]{58}$/;
const identityPattern = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

/** A new key, as `age-keygen` makes one. */
export async function generateAgeKey(): Promise<AgeKeyPair> {
  const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  return { identityText: `# public key: ${recipient}\n${identity}\n`, recipient };
}

/**
 * The identities in a key file: one a line; `#` begins a comment. Throws `key-unusable` if there is
 * none or a line is something else, such as a passphrase's or a plugin's.
 */
export function parseAgeIdentities(text: string, where: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length > 0 && lines.every((line) => identityPattern.test(line))) return lines;
  throw new FerryError("key-unusable", `${where} isn't a file of X25519 identities of age`);
}

/** Whether `text` is the public half of an X25519 key of age. */
export function isAgeRecipient(text: string): boolean {
  return recipientPattern.test(text);
}

/** Throws `key-unusable` for a recipient that is none. */
export async function encrypt(
  plain: Uint8Array,
  recipients: readonly string[],
): Promise<Uint8Array> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      if (!isAgeRecipient(recipient)) throw new Error("it isn't X25519");
      encrypter.addRecipient(recipient);
    } catch (cause) {
      const shown = JSON.stringify(recipient);
      throw new FerryError("key-unusable", `${shown} is no recipient of age`, { cause });
    }
  }
  return encrypter.encrypt(plain);
}

/**
 * Step 9. Refuses with `encrypted-for-other` what none of the identities opens, and with
 * `decryption-bad` what isn't whole.
 */
export async function decrypt(
  cipher: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array> {
  const head = Buffer.from(cipher.subarray(0, limits.ageHeaderBytesMax)).toString("latin1");
  // Each stanza costs an exchange of keys: a header without end would never be done with.
  if (!head.startsWith("age-encryption.org/v1\n") || !/\n--- [^\n]*\n/.test(head)) {
    throw new Refusal("decryption-bad", "the payload doesn't begin as a file of age does");
  }
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(cipher);
  } catch (cause) {
    if (/no identity matched/.test(String(cause))) {
      throw new Refusal("encrypted-for-other", "none of the centre's age keys opens the payload");
    }
    throw new Refusal("decryption-bad", "the payload is damaged inside its encryption", { cause });
  }
}
