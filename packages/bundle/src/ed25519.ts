// Public keys of Ed25519 in OpenSSH's blob form: reading, naming, and refusing those for which
// anybody can sign. Node itself accepts them.

import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { readWireStrings } from "./wire.ts";

const keyType = "ssh-ed25519";
/** DER of a SubjectPublicKeyInfo up to the 32 bytes of the key (RFC 8410). */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The points whose order divides 8, as y in little-endian hex without the sign bit; with 0 and 1 that
 * are covered below by {@link isCanonical}, these are all of libsodium's list.
 */
const lowOrder: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** The 32 bytes inside a key blob, or null if it isn't an `ssh-ed25519` key. */
export function rawPublicKey(blob: Buffer): Buffer | null {
  const [type, raw, ...more] = readWireStrings(blob, 0) ?? [];
  if (type?.toString("latin1") !== keyType || raw?.length !== 32 || more.length > 0) return null;
  return raw;
}

/** False for a key of low order and for a second spelling of a key. */
export function isSafePoint(raw: Buffer): boolean {
  const y = Buffer.from(raw);
  y[31]! &= 0x7f;
  return isCanonical(y) && !lowOrder.has(y.toString("hex"));
}

/** y below p = 2^255 - 19. */
function isCanonical(y: Buffer): boolean {
  return y[31] !== 0x7f || y[0]! < 0xed || y.subarray(1, 31).some((byte) => byte !== 0xff);
}

/** For node:crypto; `blob` must have passed {@link rawPublicKey}. */
export function publicKeyObject(blob: Buffer): KeyObject {
  const der = Buffer.concat([spkiPrefix, blob.subarray(-32)]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** The key's id, `SHA256:…`, as `ssh-keygen -l` shows it. */
export function keyIdOf(blob: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
