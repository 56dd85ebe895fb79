// An OpenSSH private key of Ed25519, as `ssh-keygen -t ed25519 -N ''` writes it (PROTOCOL.key in OpenSSH's
// source). Read here and not by ssh2, which takes longer to load than a short run has to do.

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { publicKeyObject, rawPublicKey } from "./ed25519.ts";
import { readWireStrings, wireStrings } from "./wire.ts";

export interface PrivateKey {
  /** In SSH's wire format. */
  readonly publicKey: Buffer;
  /** For node:crypto. */
  readonly key: KeyObject;
}

const armour =
  /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\s]+)\r?\n-----END OPENSSH PRIVATE KEY-----$/;
const magic = Buffer.from("openssh-key-v1\0");
const keyType = "ssh-ed25519";
/** DER of a PrivateKeyInfo up to the 32 bytes of the seed (RFC 8410). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const rawBytes = 32;

/** The key, or why it can't be used, as the end of a sentence. */
export function parsePrivateKey(text: string): PrivateKey | string {
  const trimmed = text.trim();
  if (/^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/]/.test(trimmed)) return "holds no private key";
  if (/^-----BEGIN (RSA|DSA|EC) PRIVATE KEY-----/.test(trimmed)) return "is not an Ed25519 key";
  const [, base64 = ""] = armour.exec(trimmed) ?? [];
  const bytes = Buffer.from(base64, "base64");
  if (!bytes.subarray(0, magic.length).equals(magic)) return "is no OpenSSH private key";
  const parts = readContainer(bytes.subarray(magic.length));
  if (parts === null) return "is damaged";
  if (parts.cipher !== "none") return "is protected by a passphrase";
  if (rawPublicKey(parts.publicKey) === null) return "is not an Ed25519 key";
  const seed = readSeed(parts.secret, parts.publicKey);
  if (seed === null) return "is damaged";
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: "der",
    type: "pkcs8",
  });
  if (!createPublicKey(key).equals(publicKeyObject(parts.publicKey))) return "is damaged";
  return { publicKey: Buffer.from(parts.publicKey), key };
}

/** cipher, kdf, its options, the number of keys (one), the public key, the secret part. */
function readContainer(
  bytes: Buffer,
): { cipher: string; publicKey: Buffer; secret: Buffer } | null {
  const head: Buffer[] = [];
  let position = 0;
  for (let count = 0; count < 3; count++) {
    if (bytes.length - position < 4) return null;
    const end = position + 4 + bytes.readUInt32BE(position);
    if (end > bytes.length) return null;
    head.push(bytes.subarray(position + 4, end));
    position = end;
  }
  if (bytes.length - position < 4 || bytes.readUInt32BE(position) !== 1) return null;
  const [publicKey, secret, ...more] = readWireStrings(bytes, position + 4) ?? [];
  if (publicKey === undefined || secret === undefined || more.length > 0) return null;
  return { cipher: head[0]!.toString("latin1"), publicKey, secret };
}

/** Twice the same number, type, public key, seed with public key, comment, and 1, 2, 3… up to a block. */
function readSeed(secret: Buffer, publicKey: Buffer): Buffer | null {
  if (secret.length < 8 || !secret.subarray(0, 4).equals(secret.subarray(4, 8))) return null;
  const raw = publicKey.subarray(-rawBytes);
  const known = wireStrings(keyType, raw);
  const body = secret.subarray(8);
  if (!body.subarray(0, known.length).equals(known)) return null;
  const rest = body.subarray(known.length);
  const pairBytes = 2 * rawBytes;
  if (rest.length < 4 + pairBytes || rest.readUInt32BE(0) !== pairBytes) return null;
  const pair = rest.subarray(4, 4 + pairBytes);
  return pair.subarray(rawBytes).equals(raw) ? pair.subarray(0, rawBytes) : null;
}
