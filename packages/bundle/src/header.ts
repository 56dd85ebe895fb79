// The fixed header of a bundle: 384 bytes, big-endian, docs/specs/bundle.md. Every byte has one
// permitted reading, so that a header that reads well also encodes to the same bytes.

import {
  bundleKinds,
  limits,
  parseSiteId,
  Refusal,
  type BundleIdentity,
  type BundleKind,
  type SiteId,
} from "@siteferry/model";
import { signatureBytes } from "./sshsig.ts";

export const headerBytes = 384;
/** Where the payload begins: behind the header and its signature. */
export const payloadOffset: number = headerBytes + signatureBytes;

const magic = Buffer.from("\x89FERRY\r\n", "latin1");
const version = 1;
const codecZstd = 1;

const at = {
  version: 8,
  flags: 10,
  kind: 12,
  codec: 13,
  cipher: 14,
  reserved: 15,
  site: 16,
  recipient: 48,
  epoch: 80,
  sequence: 88,
  baseSequence: 96,
  baseHash: 104,
  created: 168,
  expires: 176,
  payloadBytes: 184,
  inflatedBytes: 192,
  payloadHash: 200,
  keyId: 264,
  configurationHash: 296,
  rest: 328,
} as const;

/** The keyframe that a delta is against, of the same site and epoch. */
export interface DeltaBase {
  readonly sequence: number;
  /** The keyframe's `payloadHash`. */
  readonly payloadHash: string;
}

/** Hashes in lower-case hex. */
export interface BundleHeader extends BundleIdentity {
  readonly kind: BundleKind;
  /** With `age` only the centre can read the payload. */
  readonly cipher: Cipher;
  /** Of a delta; null for every other kind. */
  readonly base: DeltaBase | null;
  /** The centre that the bundle is for. */
  readonly recipient: SiteId;
  readonly createdMs: number;
  /** 0: never. */
  readonly expiresMs: number;
  readonly payloadBytes: number;
  readonly inflatedBytes: number;
  /** SHA-512 of the payload as it lies in the file. */
  readonly payloadHash: string;
  /** `SHA256:…`, as `ssh-keygen -l` shows it. */
  readonly keyId: string;
  /** SHA-256 of the configuration that the bundle is, or belongs to. */
  readonly configurationHash: string;
}

/** In the order of their numbers. */
const ciphers = ["none", "age"] as const;
type Cipher = (typeof ciphers)[number];

/** What a file claims about itself; nobody has checked a signature yet. */
export interface UnverifiedHeader {
  readonly unverified: BundleHeader;
}

/**
 * What the header says, for `inspect`: steps 1 and 3 of the order of trust, no key needed. Refuses
 * with `bundle-too-large`, `bundle-truncated`, `bundle-not-one`, `bundle-flags`, `codec-unknown`.
 */
export function readHeader(bytes: Uint8Array): UnverifiedHeader {
  checkOutline(bytes);
  return { unverified: decodeHeader(bytes) };
}

/** Step 1: size, magic, version. */
export function checkOutline(bytes: Uint8Array): void {
  if (bytes.length > limits.bundleBytesMax) {
    throw new Refusal("bundle-too-large", `the file has ${bytes.length} bytes`);
  }
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, magic.length));
  if (!start.equals(magic.subarray(0, start.length))) {
    throw new Refusal("bundle-not-one", "the file doesn't begin as a bundle does");
  }
  if (bytes.length < payloadOffset) {
    throw new Refusal(
      "bundle-truncated",
      `the file has ${bytes.length} bytes, a header with its signature has ${payloadOffset}`,
    );
  }
  const found = view(bytes).readUInt16BE(at.version);
  if (found !== version) {
    throw new Refusal("bundle-not-one", `the bundle is of version ${found}, not ${version}`);
  }
}

/** The claimed key and site, for step 2; the site is any text of printable ASCII, or empty. */
export function claimedSigner(bytes: Uint8Array): { keyId: string; site: string } {
  return { keyId: fingerprint(bytes, at.keyId), site: readName(bytes, at.site) ?? "" };
}

/** Step 3: every field has a value that version 1 knows. */
export function decodeHeader(bytes: Uint8Array): BundleHeader {
  const header = view(bytes).subarray(0, headerBytes);
  checkFlags(header);
  const kind = readKind(header);
  const sequence = readNumber(header, at.sequence, "sequence");
  return {
    kind,
    cipher: readCipher(header),
    base: readBase(header, kind, sequence),
    site: readSite(header, at.site, "site"),
    recipient: readSite(header, at.recipient, "recipient"),
    epoch: readNumber(header, at.epoch, "epoch"),
    sequence,
    createdMs: readNumber(header, at.created, "creation time"),
    expiresMs: readNumber(header, at.expires, "time of expiry"),
    payloadBytes: readNumber(header, at.payloadBytes, "payload length"),
    inflatedBytes: readNumber(header, at.inflatedBytes, "inflated length"),
    payloadHash: header.toString("hex", at.payloadHash, at.keyId),
    keyId: fingerprint(header, at.keyId),
    configurationHash: header.toString("hex", at.configurationHash, at.rest),
  };
}

/** The 384 bytes. Throws a RangeError for a number that isn't a safe one: a mistake of the caller. */
export function encodeHeader(header: BundleHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  magic.copy(bytes);
  bytes.writeUInt16BE(version, at.version);
  bytes[at.kind] = bundleKinds.indexOf(header.kind) + 1;
  bytes[at.codec] = codecZstd;
  bytes[at.cipher] = ciphers.indexOf(header.cipher);
  bytes.write(header.site, at.site, "latin1");
  bytes.write(header.recipient, at.recipient, "latin1");
  bytes.writeBigUInt64BE(BigInt(header.epoch), at.epoch);
  bytes.writeBigUInt64BE(BigInt(header.sequence), at.sequence);
  if (header.base !== null) {
    bytes.writeBigUInt64BE(BigInt(header.base.sequence), at.baseSequence);
    bytes.write(header.base.payloadHash, at.baseHash, "hex");
  }
  bytes.writeBigUInt64BE(BigInt(header.createdMs), at.created);
  bytes.writeBigUInt64BE(BigInt(header.expiresMs), at.expires);
  bytes.writeBigUInt64BE(BigInt(header.payloadBytes), at.payloadBytes);
  bytes.writeBigUInt64BE(BigInt(header.inflatedBytes), at.inflatedBytes);
  bytes.write(header.payloadHash, at.payloadHash, "hex");
  bytes.write(header.keyId.slice("SHA256:".length), at.keyId, "base64");
  bytes.write(header.configurationHash, at.configurationHash, "hex");
  return bytes;
}

function checkFlags(header: Buffer): void {
  const flags = header.readUInt16BE(at.flags);
  if (flags !== 0) throw unknown(`the flags 0x${flags.toString(16)}`);
  if (header[at.reserved] !== 0 || !isZero(header, at.rest, headerBytes)) {
    throw unknown("reserved bytes that aren't zero");
  }
  if (header[at.codec] !== codecZstd) {
    throw new Refusal("codec-unknown", `the header names codec ${header[at.codec]}, not zstd`);
  }
}

function readCipher(header: Buffer): Cipher {
  const cipher = ciphers[header[at.cipher]!];
  if (cipher !== undefined) return cipher;
  throw new Refusal("codec-unknown", `the header names cipher ${header[at.cipher]}`);
}

function readBase(header: Buffer, kind: BundleKind, sequence: number): DeltaBase | null {
  if (kind !== "delta") {
    if (isZero(header, at.baseSequence, at.created)) return null;
    throw unknown("a base, which only a delta has");
  }
  const base = readNumber(header, at.baseSequence, "base sequence");
  if (base >= sequence) throw unknown("a base that isn't before the delta");
  return { sequence: base, payloadHash: header.toString("hex", at.baseHash, at.created) };
}

function readKind(header: Buffer): BundleKind {
  const kind = bundleKinds[header[at.kind]! - 1];
  if (kind === undefined) throw unknown(`kind ${header[at.kind]}`);
  return kind;
}

function readSite(header: Buffer, offset: number, what: string): SiteId {
  const site = parseSiteId(readName(header, offset) ?? "");
  if (site === null) throw unknown(`a ${what} that is no name of a site`);
  return site;
}

/** ASCII up to the first NUL; null unless only NULs follow. */
function readName(bytes: Uint8Array, offset: number): string | null {
  const field = view(bytes).subarray(offset, offset + 32);
  const end = field.indexOf(0);
  if (end === -1) return field.toString("latin1");
  return isZero(field, end, field.length) ? field.toString("latin1", 0, end) : null;
}

function readNumber(header: Buffer, offset: number, what: string): number {
  const number = Number(header.readBigUInt64BE(offset));
  if (!Number.isSafeInteger(number)) throw unknown(`a ${what} beyond 2^53`);
  return number;
}

function fingerprint(bytes: Uint8Array, offset: number): string {
  const digest = view(bytes).toString("base64", offset, offset + 32);
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

function unknown(what: string): Refusal {
  return new Refusal("bundle-flags", `the header has ${what}`);
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return bytes.subarray(from, to).every((byte) => byte === 0);
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
