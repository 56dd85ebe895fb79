// Steps 9 to 12 and 14 of the order of trust: from a verified envelope to rows. Only this file makes
// the types that the receiver applies.

import {
  hostgroupTable,
  hostStateTable,
  hostTable,
  limits,
  Refusal,
  servicegroupTable,
  serviceStateTable,
  serviceTable,
  type Configuration,
  type States,
  type Table,
  bundleTables,
} from "@siteferry/model";
import { archiveReader, type ArchiveReader } from "./archive.ts";
import { inflate } from "./compress.ts";
import { configurationHash } from "./configuration-hash.ts";
import type { BundleHeader } from "./header.ts";
import { memberName } from "./layout.ts";
import { decodeManifest, manifestName, type Manifest, type Source } from "./manifest.ts";
import type { Member } from "./member.ts";
import { readMember } from "./read-member.ts";
import type { VerifiedEnvelope } from "./verify.ts";

declare const opened: unique symbol;

export type OpenedBundle = OpenedConfiguration | OpenedKeyframe;

export interface OpenedConfiguration extends OpenedCommon {
  readonly kind: "config";
  readonly configuration: Configuration;
}

export interface OpenedKeyframe extends OpenedCommon {
  readonly kind: "keyframe";
  readonly states: States;
}

interface OpenedCommon {
  readonly [opened]: true;
  /** With identity, times, sizes and hashes; the manifest inside says the same. */
  readonly header: BundleHeader;
  readonly source: Source;
  /** Of all tables. */
  readonly rows: number;
}

/**
 * Refuses with `inflation-ratio`, `inflation-bad`, `frame-second`, `inflation-length`;
 * `archive-bad`, `archive-cut`; `manifest-bad`, `manifest-key`, `identity-differs`; `text-bad`,
 * `record-bad`, `record-count`, `record-too-long`, `record-twice`, `number-bad`, `name-bad`.
 */
export async function unpack(envelope: VerifiedEnvelope): Promise<OpenedBundle> {
  const { header } = envelope;
  const { buffer, byteOffset, byteLength } = envelope.payload;
  const archive = await inflate(Buffer.from(buffer, byteOffset, byteLength), header.inflatedBytes);
  const reader = archiveReader(archive);
  const manifest = decodeManifest(reader.next(manifestName));
  checkIdentity(manifest, header);
  const rows = countRows(manifest);
  const members = readMembers(reader, manifest);
  const common = { header, source: manifest.source, rows };
  if (manifest.kind === "keyframe") {
    const states: States = {
      hosts: rowsOf(hostStateTable, members),
      services: rowsOf(serviceStateTable, members),
    };
    return { ...common, kind: "keyframe", states } as OpenedKeyframe;
  }
  if (configurationHash([...members.values()]) !== header.configurationHash) {
    throw new Refusal("identity-differs", "the configuration's hash isn't the one in the header");
  }
  const configuration: Configuration = {
    hosts: rowsOf(hostTable, members),
    services: rowsOf(serviceTable, members),
    hostgroups: rowsOf(hostgroupTable, members),
    servicegroups: rowsOf(servicegroupTable, members),
  };
  return { ...common, kind: "config", configuration } as OpenedConfiguration;
}

function checkIdentity(manifest: Manifest, header: BundleHeader): void {
  const pairs = [
    ["kind", manifest.kind, header.kind],
    ["site", manifest.site, header.site],
    ["epoch", manifest.epoch, header.epoch],
    ["sequence", manifest.sequence, header.sequence],
    ["created", manifest.created, header.createdMs],
    ["configuration", manifest.configuration, header.configurationHash],
  ] as const;
  const [name] = pairs.find(([, inner, outer]) => inner !== outer) ?? [];
  if (name !== undefined) {
    throw new Refusal("identity-differs", `the manifest's ${name} isn't the header's`);
  }
}

/** The manifest names the members of its kind in their order. */
function countRows({ kind, members }: Manifest): number {
  const expected = bundleTables[kind].map(memberName);
  if (members.map(({ name }) => name).join("\n") !== expected.join("\n")) {
    throw new Refusal("archive-bad", `the manifest's members aren't ${expected.join(", ")}`);
  }
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  if (rows > limits.recordsMax)
    throw new Refusal("record-count", `the manifest tells of ${rows} rows`);
  return rows;
}

type OpenMember = Member & { readonly content: Buffer };

function readMembers(reader: ArchiveReader, manifest: Manifest): ReadonlyMap<string, OpenMember> {
  const members = new Map<string, OpenMember>();
  for (const { name, rows, bytes } of manifest.members) {
    const content = reader.next(name);
    if (content.length !== bytes) {
      throw new Refusal("archive-bad", `${name} hasn't the size that the manifest says`);
    }
    members.set(name, { name, rows, sizeBytes: bytes, chunks: [content], content });
  }
  reader.end();
  return members;
}

function rowsOf<Row>(table: Table<Row>, members: ReadonlyMap<string, OpenMember>): Row[] {
  const { content, rows } = members.get(memberName(table))!;
  return readMember(table, content, rows);
}
