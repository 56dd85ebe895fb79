// Steps 9 to 12 and 14 of the order of trust: from a verified envelope to rows. Only this file makes
// the types that the receiver applies.

import {
  commentGoneTable,
  commentTable,
  downtimeGoneTable,
  downtimeTable,
  eventTable,
  hostGoneTable,
  hostgroupTable,
  hostStateTable,
  hostTable,
  limits,
  Refusal,
  serviceGoneTable,
  servicegroupTable,
  serviceStateTable,
  serviceTable,
  type CommentKey,
  type Configuration,
  type DowntimeKey,
  type HostKey,
  type ServiceKey,
  type States,
  type Table,
} from "@siteferry/model";
import { decrypt } from "./age.ts";
import { archiveReader, type ArchiveReader } from "./archive.ts";
import { inflate } from "./compress.ts";
import { configurationHash, dumpHash } from "./configuration-hash.ts";
import { distinctEvents } from "./distinct-events.ts";
import type { BundleHeader } from "./header.ts";
import { memberName, memberNames } from "./layout.ts";
import {
  decodeManifest,
  manifestName,
  type Manifest,
  type OutboxNote,
  type Source,
} from "./manifest.ts";
import type { Member } from "./member.ts";
import type { Pace } from "./pace.ts";
import { readMember } from "./read-member.ts";
import { readTextMember } from "./read-text.ts";
import type { VerifiedEnvelope } from "./verify.ts";
import { realPace } from "./world/real-pace.ts";

declare const opened: unique symbol;

export type OpenedBundle = OpenedConfiguration | OpenedKeyframe | OpenedDelta | OpenedVerbatim;

export interface OpenedConfiguration extends OpenedCommon {
  readonly kind: "config";
  readonly configuration: Configuration;
}

export interface OpenedKeyframe extends OpenedCommon {
  readonly kind: "keyframe";
  readonly states: OpenedStates;
}

/** Of format 1, `annotations` is null and there are no events. */
type OpenedStates = Required<States>;

/** Only with its keyframe does it say anything: see `applyDelta`. */
export interface OpenedDelta extends OpenedCommon {
  readonly kind: "delta";
  /** Rows that are new or other than in the keyframe, and events that it hasn't got. */
  readonly changed: OpenedStates;
  readonly gone: Gone;
}

export interface Gone {
  readonly hosts: readonly HostKey[];
  readonly services: readonly ServiceKey[];
  readonly comments: readonly CommentKey[];
  readonly downtimes: readonly DowntimeKey[];
}

/**
 * What a vendor's commands printed, each line ended by a line feed. It is UTF-8 and nothing else is
 * known of it. An empty part is as it was; the header's configuration hash is that of the whole
 * configuration also then.
 */
export interface OpenedVerbatim extends OpenedCommon {
  readonly kind: "verbatim";
  readonly config: string;
  readonly states: string;
}

interface OpenedCommon {
  readonly [opened]: true;
  /** With identity, times, sizes and hashes; the manifest inside says the same. */
  readonly header: BundleHeader;
  readonly source: Source;
  /** Null: its sender doesn't tell. */
  readonly outbox: OutboxNote | null;
  /** Of all tables; lines of a vendor's dump. */
  readonly rows: number;
}

export interface UnpackOptions {
  /** The centre's age keys, as `parseAgeIdentities` gives them. */
  readonly identities?: readonly string[];
  /** Whether a bundle in clear is refused. */
  readonly mustBeEncrypted?: boolean;
  /** Absent: that of a real process, 60 s. */
  readonly pace?: Pace;
}

/**
 * Refuses with `encryption-missing`, `encrypted-for-other`, `decryption-bad`; `inflation-ratio`, `inflation-bad`, `frame-second`, `inflation-length`;
 * `archive-bad`, `archive-cut`; `manifest-bad`, `manifest-key`, `identity-differs`; `text-bad`,
 * `record-bad`, `record-count`, `record-entries`, `record-too-long`, `record-twice`, `number-bad`,
 * `name-bad`; `opening-timeout`. Memory is bounded by the limits, see docs/decisions/.
 */
export async function unpack(
  envelope: VerifiedEnvelope,
  options: UnpackOptions = {},
): Promise<OpenedBundle> {
  const { header } = envelope;
  const archive = await inflate(await clearPayload(envelope, options), header.inflatedBytes);
  const reader = archiveReader(archive);
  const manifest = decodeManifest(reader.next(manifestName));
  checkIdentity(manifest, header);
  const rows = countRows(manifest);
  const members = readMembers(reader, manifest);
  const { source, outbox = null } = manifest;
  const common = { header, source, outbox, rows };
  if (manifest.kind === "verbatim") {
    return { ...common, kind: "verbatim", ...textsOf(members, header) } as OpenedVerbatim;
  }
  const readRows = rowsReader(members, options.pace ?? realPace());
  if (manifest.kind === "config") {
    checkConfigurationHash(members, header);
    const configuration = await configurationOf(readRows);
    return { ...common, kind: "config", configuration } as OpenedConfiguration;
  }
  const states = await statesOf(readRows, manifest.format);
  if (manifest.kind === "keyframe")
    return { ...common, kind: "keyframe", states } as OpenedKeyframe;
  const gone = await goneOf(readRows, manifest.format);
  return { ...common, kind: "delta", changed: states, gone } as OpenedDelta;
}

function checkConfigurationHash(members: Members, header: BundleHeader): void {
  if (configurationHash([...members.values()]) !== header.configurationHash) {
    throw new Refusal("identity-differs", "the configuration's hash isn't the one in the header");
  }
}

function textsOf(
  members: Members,
  header: BundleHeader,
): Pick<OpenedVerbatim, "config" | "states"> {
  const [config = "", states = ""] = [...members.values()].map(({ name, content, rows }) =>
    readTextMember(name, content, rows),
  );
  if (config !== "" && dumpHash(config) !== header.configurationHash) {
    throw new Refusal("identity-differs", "the configuration's hash isn't the one in the header");
  }
  return { config, states };
}

async function configurationOf(readRows: RowsReader): Promise<Configuration> {
  return {
    hosts: await readRows(hostTable),
    services: await readRows(serviceTable),
    hostgroups: await readRows(hostgroupTable),
    servicegroups: await readRows(servicegroupTable),
  };
}

async function statesOf(readRows: RowsReader, format: number): Promise<OpenedStates> {
  const hosts = await readRows(hostStateTable);
  const services = await readRows(serviceStateTable);
  if (format === 1) return { hosts, services, annotations: null, events: [] };
  const comments = await readRows(commentTable);
  const downtimes = await readRows(downtimeTable);
  const events = distinctEvents(await readRows(eventTable));
  return { hosts, services, annotations: { comments, downtimes }, events };
}

async function goneOf(readRows: RowsReader, format: number): Promise<Gone> {
  const hosts = await readRows(hostGoneTable);
  const services = await readRows(serviceGoneTable);
  if (format === 1) return { hosts, services, comments: [], downtimes: [] };
  const comments = await readRows(commentGoneTable);
  const downtimes = await readRows(downtimeGoneTable);
  return { hosts, services, comments, downtimes };
}

async function clearPayload(
  { header, payload }: VerifiedEnvelope,
  { identities = [], mustBeEncrypted = false }: UnpackOptions,
): Promise<Buffer> {
  if (header.cipher === "none" && mustBeEncrypted) {
    throw new Refusal(
      "encryption-missing",
      `${header.site} must encrypt, and this isn't encrypted`,
    );
  }
  const clear = header.cipher === "age" ? await decrypt(payload, identities) : payload;
  return Buffer.from(clear.buffer, clear.byteOffset, clear.byteLength);
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

/** The manifest names the members of its kind and format in their order. */
function countRows({ kind, format, members }: Manifest): number {
  const expected = memberNames(kind, format);
  if (expected === null) {
    throw new Refusal("manifest-bad", `no ${kind} bundle has a manifest of format ${format}`);
  }
  if (members.map(({ name }) => name).join("\n") !== expected.join("\n")) {
    throw new Refusal("archive-bad", `the manifest's members aren't ${expected.join(", ")}`);
  }
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  if (rows > limits.recordsMax)
    throw new Refusal("record-count", `the manifest tells of ${rows} rows`);
  const events = members.find(({ name }) => name === memberName(eventTable))?.rows ?? 0;
  if (events > limits.eventsMax)
    throw new Refusal("record-count", `the manifest tells of ${events} events`);
  return rows;
}

type Members = ReadonlyMap<string, Member & { readonly content: Buffer }>;

function readMembers(reader: ArchiveReader, manifest: Manifest): Members {
  const members = new Map<string, Member & { readonly content: Buffer }>();
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

type RowsReader = <Row>(table: Table<Row>) => Promise<Row[]>;

function rowsReader(members: Members, pace: Pace): RowsReader {
  const entries = { left: limits.listEntriesMax };
  return (table) => {
    const { content, rows } = members.get(memberName(table))!;
    return readMember(table, content, { count: rows, entries, pace });
  };
}
