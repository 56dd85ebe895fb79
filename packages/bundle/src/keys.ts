// An agent's key: an ordinary, unencrypted OpenSSH private key of Ed25519. ssh2 makes new ones, and is
// loaded only for that.

import { sign } from "node:crypto";
import { FerryError } from "@siteferry/model";
import { keyIdOf } from "./ed25519.ts";
import { parsePrivateKey } from "./private-key.ts";

export interface Signer {
  /** `SHA256:…`, as `ssh-keygen -l` shows it. */
  readonly keyId: string;
  /** The public key in SSH's wire format. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(data: Uint8Array): Uint8Array;
}

export interface KeyPair {
  /** The text of the private key file. */
  readonly privateKey: string;
  /** One line as in `id_ed25519.pub`, without its line feed. */
  readonly publicLine: string;
}

/** A new key, as `ssh-keygen -t ed25519 -N '' -C comment` makes one. */
export async function generateKey(comment: string): Promise<KeyPair> {
  const { utils } = await loadSsh2();
  let pair = utils.generateKeyPairSync("ed25519", { comment });
  // ssh2 1.17 drops a leading zero byte: one key in 256 is 31 bytes long, and nothing can read it.
  while (typeof parsePrivateKey(pair.private) === "string") {
    pair = utils.generateKeyPairSync("ed25519", { comment });
  }
  return { privateKey: pair.private, publicLine: pair.public };
}

/** Refuses a key that is encrypted, public, damaged or of another type with `key-unusable`. */
export async function loadSigner(privateKeyText: string, where: string): Promise<Signer> {
  const parsed = parsePrivateKey(privateKeyText);
  if (typeof parsed === "string") throw new FerryError("key-unusable", `${where} ${parsed}`);
  const { publicKey, key } = parsed;
  return { keyId: keyIdOf(publicKey), publicKey, sign: (data) => sign(null, data, key) };
}

async function loadSsh2(): Promise<typeof import("ssh2")> {
  return (await import("ssh2")).default;
}
