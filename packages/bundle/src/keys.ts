// The sender's key: an ordinary, unencrypted OpenSSH private key of Ed25519. ssh2 reads and writes
// it; it is imported when first used, because it takes 80 ms to load.

import { FerryError } from "@siteferry/model";
import { keyIdOf, rawPublicKey } from "./ed25519.ts";

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
  while (utils.parseKey(pair.private) instanceof Error) {
    pair = utils.generateKeyPairSync("ed25519", { comment });
  }
  return { privateKey: pair.private, publicLine: pair.public };
}

/** Refuses a key that is encrypted, public or of another type with `key-unusable`. */
export async function loadSigner(privateKeyText: string, where: string): Promise<Signer> {
  const { utils } = await loadSsh2();
  const key = utils.parseKey(privateKeyText);
  if (key instanceof Error) {
    const encrypted = /encrypted|passphrase/i.test(key.message);
    throw unusable(where, encrypted ? "is protected by a passphrase" : "is no OpenSSH private key");
  }
  if (Array.isArray(key) || !key.isPrivateKey()) throw unusable(where, "holds no private key");
  const publicKey = key.getPublicSSH();
  if (rawPublicKey(publicKey) === null) {
    throw unusable(where, "is not an Ed25519 key");
  }
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    sign(data) {
      const signature = key.sign(Buffer.from(data));
      if (signature instanceof Error) throw unusable(where, "doesn't sign");
      return signature;
    },
  };
}

async function loadSsh2(): Promise<typeof import("ssh2")> {
  return (await import("ssh2")).default;
}

function unusable(where: string, problem: string): FerryError {
  return new FerryError("key-unusable", `${where} ${problem}`);
}
