// The signature over the header: the binary form of OpenSSH's PROTOCOL.sshsig, so that the stock
// `ssh-keygen -Y verify -n siteferry` accepts it. Fixed length, because everything in it is fixed.

import { createHash, verify } from "node:crypto";
import { Refusal } from "@siteferry/model";
import { publicKeyObject } from "./ed25519.ts";
import { readWireStrings, wireStrings } from "./wire.ts";

export const signatureBytes = 179;

const preamble = "SSHSIG";
const namespace = "siteferry";
const hashAlgorithm = "sha512";
const keyType = "ssh-ed25519";
const version = 1;

/** The blob for `message`; `sign` gives the 64 bytes of Ed25519 over what it is handed. */
export function makeSignature(
  message: Uint8Array,
  publicKey: Uint8Array,
  sign: (data: Uint8Array) => Uint8Array,
): Buffer {
  const signature = wireStrings(keyType, sign(signedData(message)));
  return Buffer.concat([
    Buffer.from(`${preamble}\0\0\0\x01`, "latin1"),
    wireStrings(publicKey, namespace, "", hashAlgorithm, signature),
  ]);
}

/**
 * Step 6. `publicKey` is the pinned key's blob; the one inside `blob` must be the same. Refuses with
 * `signature-form`, `signature-namespace`, `signature-bad`.
 */
export function checkSignature(message: Uint8Array, blob: Buffer, publicKey: Uint8Array): void {
  const [key, purpose, reserved, hash, signature] = readWireStrings(blob, 10) ?? [];
  if (
    blob.toString("latin1", 0, preamble.length) !== preamble ||
    blob.readUInt32BE(preamble.length) !== version ||
    signature === undefined ||
    reserved?.length !== 0 ||
    hash?.toString("latin1") !== hashAlgorithm
  ) {
    throw new Refusal("signature-form", "the signature isn't SSHSIG version 1 with SHA-512");
  }
  if (purpose?.toString("latin1") !== namespace) {
    throw new Refusal("signature-namespace", `the signature isn't for the namespace ${namespace}`);
  }
  const [type, raw] = readWireStrings(signature, 0) ?? [];
  if (type?.toString("latin1") !== keyType || raw?.length !== 64) {
    throw new Refusal("signature-form", "the signature isn't one of Ed25519");
  }
  if (!key?.equals(publicKey) || !verify(null, signedData(message), publicKeyObject(key), raw)) {
    throw new Refusal("signature-bad", "the signature doesn't hold over the header");
  }
}

function signedData(message: Uint8Array): Buffer {
  const digest = createHash(hashAlgorithm).update(message).digest();
  return Buffer.concat([Buffer.from(preamble), wireStrings(namespace, "", hashAlgorithm, digest)]);
}
