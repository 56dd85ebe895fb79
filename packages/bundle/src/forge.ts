// For the tests only: bundles as a hostile site with a good key might make them. One layer is
// forged; all layers around it are made to fit and signed, so that nothing else is wrong.

import { createHash } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import { bundleTables, type RowKind, type SiteId, statesOnlyTables } from "@siteferry/model";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { endMarkBytes, tarHeader, tarPadding } from "./archive.ts";
import { configurationHash } from "./configuration-hash.ts";
import { encodeHeader, type DeltaBase } from "./header.ts";
import { generateKey, loadSigner, type Signer } from "./keys.ts";
export { columnsLine } from "./layout.ts";
import { type BundleFormat, columnsLine, memberName } from "./layout.ts";
import { encodeManifest, manifestName, type Manifest } from "./manifest.ts";
import { unpack, type OpenedBundle, type UnpackOptions } from "./open.ts";
import { makeSignature } from "./sshsig.ts";
import { verify, type Trust } from "./verify.ts";

/** Each part takes what an honest site would have made and gives what is to be there instead. */
export interface Forgery {
  readonly kind?: RowKind;
  /** Absent: the newest of the kind. */
  readonly format?: BundleFormat;
  /** Lines of a member below its columns, or with `raw` all of its bytes. */
  readonly lines?: Readonly<Record<string, readonly string[]>>;
  readonly raw?: Readonly<Record<string, Buffer>>;
  readonly manifest?: (honest: Manifest) => Manifest;
  readonly manifestText?: (honest: string) => string;
  readonly archive?: (honest: Buffer) => Buffer;
  readonly payload?: (honest: Buffer) => Buffer;
  /** Changes the header before it is signed. */
  readonly header?: (header: Buffer) => void;
  readonly signature?: (honest: Buffer) => Buffer;
}

export const site = "remote1" as SiteId;
export const centre = "central" as SiteId;
export const createdMs: number = Date.UTC(2026, 10, 1);

/** Of a forged delta. */
export const base: DeltaBase = { sequence: 1, payloadHash: "ba".repeat(64) };

const pair = await generateKey("forge");
export const signer: Signer = await loadSigner(pair.privateKey, "forge");
export const publicLine: string = pair.publicLine;
export const trust: Trust = {
  centre,
  signers: parseAllowedSigners(`${site} ${publicLine}`, "allowed_signers"),
  nowMs: createdMs + 1000,
};

/** A row of `service_states`, by default one that is fine. */
export function serviceLine(changes: Readonly<Record<number, unknown>> = {}): string {
  const cells: unknown[] = ["web1", "Load", 1, 0, 1, 1, 1_790_000_000, 0, 0, 0, 0.5, 1.25];
  cells.push("OK - fine", "", "load=1;2;3", 0, 0, 0, 0, 0, 0.5);
  for (const [index, cell] of Object.entries(changes)) cells[Number(index)] = cell;
  return JSON.stringify(cells);
}

export async function open(
  bundle: Uint8Array,
  given: Trust = trust,
  options: UnpackOptions = {},
): Promise<OpenedBundle> {
  return unpack(await verify(bundle, given), options);
}

export function forge(forgery: Forgery = {}): Buffer {
  const kind = forgery.kind ?? "keyframe";
  const format = forgery.format ?? (kind === "config" ? 1 : 2);
  const contents = memberContents(kind, format, forgery);
  const configuration = kind === "config" ? hashOf(contents) : "0".repeat(64);
  const members = contents.map(({ name, rows, content }) => ({
    name,
    rows,
    bytes: content.length,
  }));
  const honest: Manifest = {
    format,
    kind,
    site,
    epoch: 1,
    sequence: 2,
    created: createdMs,
    configuration,
    source: { program_version: "4.4.14", livestatus_version: "1.5.1" },
    ...(format === 2 && { outbox: { waiting: 1, oldest: createdMs - 1 } }),
    members,
  };
  const manifest = encodeManifest(forgery.manifest?.(honest) ?? honest).toString();
  const manifestText = forgery.manifestText?.(manifest) ?? manifest;
  const files = [{ name: manifestName, content: Buffer.from(manifestText, "latin1") }, ...contents];
  const archive = Buffer.concat([...files.map(tarEntry), Buffer.alloc(endMarkBytes)]);
  return sealForgery(forgery, kind, configuration, forgery.archive?.(archive) ?? archive);
}

function sealForgery(forgery: Forgery, kind: RowKind, configuration: string, archive: Buffer) {
  const compressed = zstdCompressSync(archive);
  const payload = forgery.payload?.(compressed) ?? compressed;
  const header = encodeHeader({
    kind,
    cipher: "none",
    base: kind === "delta" ? base : null,
    site,
    recipient: centre,
    epoch: 1,
    sequence: 2,
    createdMs,
    expiresMs: 0,
    payloadBytes: payload.length,
    inflatedBytes: archive.length,
    payloadHash: createHash("sha512").update(payload).digest("hex"),
    keyId: signer.keyId,
    configurationHash: configuration,
  });
  forgery.header?.(header);
  const signature = makeSignature(header, signer.publicKey, (data) => signer.sign(data));
  return Buffer.concat([header, forgery.signature?.(signature) ?? signature, payload]);
}

/** A tar entry as an honest site writes it. */
export function tarEntry({ name, content }: { name: string; content: Buffer }): Buffer {
  return Buffer.concat([tarHeader(name, content.length), content, tarPadding(content.length)]);
}

interface Content {
  readonly name: string;
  readonly rows: number;
  readonly content: Buffer;
}

function memberContents(
  kind: RowKind,
  format: BundleFormat,
  { lines = {}, raw = {} }: Forgery,
): Content[] {
  const isFormer = kind !== "config" && format === 1;
  return (isFormer ? statesOnlyTables[kind] : bundleTables[kind]).map((table) => {
    const rows = lines[table.name] ?? [];
    const text = [columnsLine(table), ...rows].map((line) => `${line}\n`).join("");
    return {
      name: memberName(table),
      rows: rows.length,
      content: raw[table.name] ?? Buffer.from(text),
    };
  });
}

function hashOf(contents: readonly Content[]): string {
  return configurationHash(
    contents.map(({ name, rows, content }) => ({
      name,
      rows,
      sizeBytes: content.length,
      chunks: [content],
    })),
  );
}
