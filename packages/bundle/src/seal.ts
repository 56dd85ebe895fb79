// The sender's half: members → tar → zstd → age → header → signature. Pure over bytes; time and
// numbers are handed in. Equal input and equal zstd give equal bytes, unless they are encrypted.

import { createHash } from "node:crypto";
import { FerryError, limits, type BundleIdentity, type SiteId } from "@siteferry/model";
import { encrypt } from "./age.ts";
import { endMarkBytes, tarHeader, tarPadding } from "./archive.ts";
import { compress, levels } from "./compress.ts";
import { configurationHash } from "./configuration-hash.ts";
import { encodeHeader, type BundleHeader } from "./header.ts";
import type { Signer } from "./keys.ts";
import { type BundleFormat, formatOf, memberNames } from "./layout.ts";
import { encodeManifest, manifestName, type OutboxNote, type Source } from "./manifest.ts";
import type { Member } from "./member.ts";
import { makeSignature } from "./sshsig.ts";

/**
 * `members`: all of the kind, in the order of the model, empty ones too. A keyframe of which only the
 * states are known has only their two, and its deltas the four that speak of them.
 */
export type SealInput = ConfigurationInput | KeyframeInput | DeltaInput | VerbatimInput;

interface ConfigurationInput extends CommonInput {
  readonly kind: "config";
}

interface KeyframeInput extends CommonInput {
  readonly kind: "keyframe";
  /** Of the configuration that the objects belong to: `configurationHash` of its members. */
  readonly configurationHash: string;
}

/** Members as `makeDelta` gives them. */
interface DeltaInput extends CommonInput {
  readonly kind: "delta";
  /** The keyframe's header; epoch and configuration must still be the same. */
  readonly base: BundleHeader;
}

/** Members as {@link textMember} makes them. */
interface VerbatimInput extends CommonInput {
  readonly kind: "verbatim";
  /** `dumpHash` of the configuration as it is, whether it travels in this bundle or not. */
  readonly configurationHash: string;
}

interface CommonInput extends BundleIdentity {
  readonly recipient: SiteId;
  readonly createdMs: number;
  /** 0: never. */
  readonly expiresMs: number;
  readonly source: Source;
  /** Of states; absent: nothing waits. */
  readonly outbox?: OutboxNote | undefined;
  readonly members: readonly Member[];
}

export interface SealOptions {
  /** The centre's age keys, `age1…`; none: the payload travels in clear. */
  readonly recipients?: readonly string[];
}

/**
 * The bytes of the bundle. Throws `snapshot-too-large` where the centre would refuse it, and
 * `key-unusable` for a recipient that is none.
 */
export async function seal(
  input: SealInput,
  signer: Signer,
  options: SealOptions = {},
): Promise<Uint8Array> {
  return (await sealWithBase(input, signer, options)).bundle;
}

export interface SealedWithBase {
  readonly bundle: Uint8Array;
  /** What the sender keeps of a keyframe, for `readBase`: the bundle with its payload in clear. */
  readonly base: Uint8Array;
}

/** As {@link seal}, with what later deltas are made against. */
export async function sealWithBase(
  input: SealInput,
  signer: Signer,
  { recipients = [] }: SealOptions = {},
): Promise<SealedWithBase> {
  const format = checkMembers(input);
  const configuration = configurationOf(input);
  const parts = archiveParts(input, format, configuration);
  const inflatedBytes = parts.reduce((sum, part) => sum + part.length, 0);
  checkSize("the size of its rows", inflatedBytes, limits.inflatedBytesMax);
  const clear = await compress(parts, inflatedBytes, levels[input.kind]);
  const payload = recipients.length > 0 ? await encrypt(clear, recipients) : clear;
  const header: BundleHeader = {
    kind: input.kind,
    cipher: recipients.length > 0 ? "age" : "none",
    base: input.kind === "delta" ? input.base : null,
    site: input.site,
    recipient: input.recipient,
    epoch: input.epoch,
    sequence: input.sequence,
    createdMs: input.createdMs,
    expiresMs: input.expiresMs,
    payloadBytes: payload.length,
    inflatedBytes,
    payloadHash: createHash("sha512").update(payload).digest("hex"),
    keyId: signer.keyId,
    configurationHash: configuration,
  };
  const head = encodeHeader(header);
  const signature = makeSignature(head, signer.publicKey, (data) => signer.sign(data));
  const bundle = Buffer.concat([head, signature, payload]);
  checkSize("the size of its bundle", bundle.length, limits.bundleBytesMax);
  return { bundle, base: Buffer.concat([head, signature, clear]) };
}

function configurationOf(input: SealInput): string {
  if (input.kind === "config") return configurationHash(input.members);
  if (input.kind === "keyframe" || input.kind === "verbatim") return input.configurationHash;
  const { base, epoch, site } = input;
  if (base.kind !== "keyframe" || base.epoch !== epoch || base.site !== site) {
    throw new TypeError("a delta has a keyframe of its own site and epoch");
  }
  return base.configurationHash;
}

function archiveParts(input: SealInput, format: BundleFormat, configuration: string): Uint8Array[] {
  const manifest = encodeManifest({
    format,
    kind: input.kind,
    site: input.site,
    epoch: input.epoch,
    sequence: input.sequence,
    created: input.createdMs,
    configuration,
    source: input.source,
    ...(format === 2 && { outbox: input.outbox ?? { waiting: 0, oldest: 0 } }),
    members: input.members.map(({ name, rows, sizeBytes }) => ({ name, rows, bytes: sizeBytes })),
  });
  const files = [
    { name: manifestName, sizeBytes: manifest.length, chunks: [manifest] },
    ...input.members,
  ];
  const parts: Uint8Array[] = files.flatMap(({ name, sizeBytes, chunks }) => [
    tarHeader(name, sizeBytes),
    ...chunks,
    tarPadding(sizeBytes),
  ]);
  return [...parts, Buffer.alloc(endMarkBytes)].filter((part) => part.length > 0);
}

function checkMembers({ kind, members }: SealInput): BundleFormat {
  const format = formatOf(kind, members);
  if (format === null) {
    const expected = (memberNames(kind, 2) ?? memberNames(kind, 1))!.join(" ");
    const found = members.map(({ name }) => name).join(" ");
    throw new TypeError(`a ${kind} bundle has ${expected}, not ${found}`);
  }
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  checkSize("the number of its rows", rows, limits.recordsMax);
  const entries = members.reduce((sum, member) => sum + (member.entries ?? 0), 0);
  checkSize("the number of its groups, contacts and variables", entries, limits.listEntriesMax);
  return format;
}

function checkSize(what: string, size: number, max: number): void {
  if (size > max)
    throw new FerryError("snapshot-too-large", `${what} is ${size}, over the limit of ${max}`);
}
