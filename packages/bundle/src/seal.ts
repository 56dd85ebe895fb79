// The sender's half: members → tar → zstd → header → signature. Pure over bytes; time and numbers
// are handed in. Equal input and equal zstd give equal bytes.

import { createHash } from "node:crypto";
import {
  bundleTables,
  FerryError,
  limits,
  type BundleIdentity,
  type SiteId,
} from "@siteferry/model";
import { endMarkBytes, tarHeader, tarPadding } from "./archive.ts";
import { compress } from "./compress.ts";
import { configurationHash } from "./configuration-hash.ts";
import { encodeHeader, type BundleHeader } from "./header.ts";
import type { Signer } from "./keys.ts";
import { memberName } from "./layout.ts";
import { encodeManifest, formatVersion, manifestName, type Source } from "./manifest.ts";
import type { Member } from "./member.ts";
import { makeSignature } from "./sshsig.ts";

/** `members`: all tables of the kind, in the order of the model, empty ones too. */
export type SealInput = ConfigurationInput | KeyframeInput;

interface ConfigurationInput extends CommonInput {
  readonly kind: "config";
}

interface KeyframeInput extends CommonInput {
  readonly kind: "keyframe";
  /** Of the configuration that the objects belong to: `configurationHash` of its members. */
  readonly configurationHash: string;
}

interface CommonInput extends BundleIdentity {
  readonly recipient: SiteId;
  readonly createdMs: number;
  /** 0: never. */
  readonly expiresMs: number;
  readonly source: Source;
  readonly members: readonly Member[];
}

/** The bytes of the bundle. Throws `snapshot-too-large` where the centre would refuse it. */
export async function seal(input: SealInput, signer: Signer): Promise<Uint8Array> {
  checkMembers(input);
  const configuration =
    input.kind === "config" ? configurationHash(input.members) : input.configurationHash;
  const parts = archiveParts(input, configuration);
  const inflatedBytes = parts.reduce((sum, part) => sum + part.length, 0);
  checkSize("the size of its rows", inflatedBytes, limits.inflatedBytesMax);
  const payload = await compress(parts, inflatedBytes);
  const header: BundleHeader = {
    kind: input.kind,
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
  return bundle;
}

function archiveParts(input: SealInput, configuration: string): Uint8Array[] {
  const manifest = encodeManifest({
    format: formatVersion,
    kind: input.kind,
    site: input.site,
    epoch: input.epoch,
    sequence: input.sequence,
    created: input.createdMs,
    configuration,
    source: input.source,
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

function checkMembers({ kind, members }: SealInput): void {
  const expected = bundleTables[kind].map(memberName).join(" ");
  const found = members.map(({ name }) => name).join(" ");
  if (found !== expected) throw new TypeError(`a ${kind} bundle has ${expected}, not ${found}`);
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  checkSize("the number of its rows", rows, limits.recordsMax);
}

function checkSize(what: string, size: number, max: number): void {
  if (size > max)
    throw new FerryError("snapshot-too-large", `${what} is ${size}, over the limit of ${max}`);
}
