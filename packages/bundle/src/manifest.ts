// manifest.json, the first member: what the bundle is and which members follow. Canonical JSON: the
// opener writes it anew and compares the bytes, so there is one spelling only.

import { type BundleKind, limits, Refusal, type SiteId } from "@siteferry/model";

export const manifestName = "manifest.json";
/** A newer siteferry may seal others. */
const formatMax = 2;

/** Where it came from, in the words of the site's status table; for people. A vendor's dump leaves both empty. */
export interface Source {
  readonly program_version: string;
  readonly livestatus_version: string;
}

/** What waited at the sender when it sealed this. */
export interface OutboxNote {
  /** Bundles of earlier runs that a link hasn't taken yet. */
  readonly waiting: number;
  /** Since when the oldest of them; milliseconds since 1970, 0 if there is none. */
  readonly oldest: number;
}

export interface Manifest {
  readonly format: number;
  readonly kind: BundleKind;
  readonly site: SiteId;
  readonly epoch: number;
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Hash of the configuration that the bundle is, or belongs to. */
  readonly configuration: string;
  readonly source: Source;
  /** From format 2 on. */
  readonly outbox?: OutboxNote | undefined;
  readonly members: readonly ManifestMember[];
}

interface ManifestMember {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

/** The one spelling: keys in this order, no white space, one line feed at the end. */
export function encodeManifest(manifest: Manifest): Buffer {
  const { format, kind, site, epoch, sequence, created, configuration } = manifest;
  const { program_version, livestatus_version } = manifest.source;
  const members = manifest.members.map(({ name, rows, bytes }) => ({ name, rows, bytes }));
  const source = { program_version, livestatus_version };
  const { waiting, oldest } = manifest.outbox ?? {};
  const outbox = manifest.outbox && { waiting, oldest };
  return Buffer.from(
    `${JSON.stringify({ format, kind, site, epoch, sequence, created, configuration, source, outbox, members })}\n`,
  );
}

const keys = [
  "format",
  "kind",
  "site",
  "epoch",
  "sequence",
  "created",
  "configuration",
  "source",
  "members",
];

/**
 * Refuses with `manifest-key` for a key too many or too few, `text-bad`, and `manifest-bad` for
 * anything else. The values of kind, site and numbers are the caller's to compare with the header.
 */
export function decodeManifest(bytes: Buffer): Manifest {
  const value = parseJson(bytes);
  const hasOutbox = isObject(value) && value["format"] !== 1;
  checkKeys(value, [...keys, ...(hasOutbox ? ["outbox"] : [])]);
  const { format, source, outbox, members } = value;
  checkKeys(source, ["program_version", "livestatus_version"]);
  if (!isText(source["program_version"]) || !isText(source["livestatus_version"])) {
    throw new Refusal("manifest-bad", "the manifest's source isn't two texts");
  }
  if (!isCount(format) || format < 1 || format > formatMax) {
    throw new Refusal(
      "manifest-bad",
      `the manifest isn't of format 1 to ${formatMax}: upgrade first?`,
    );
  }
  if (format !== 1) {
    checkKeys(outbox, ["waiting", "oldest"]);
    if (!isCount(outbox["waiting"]) || !isCount(outbox["oldest"])) {
      throw new Refusal("manifest-bad", "the manifest's outbox isn't two numbers");
    }
  }
  if (!Array.isArray(members)) throw new Refusal("manifest-bad", "the manifest has no members");
  for (const member of members as unknown[]) {
    checkKeys(member, ["name", "rows", "bytes"]);
    if (!isText(member["name"]) || !isCount(member["rows"]) || !isCount(member["bytes"])) {
      throw new Refusal("manifest-bad", "the manifest describes a member in another form");
    }
  }
  const manifest = value as unknown as Manifest;
  if (!encodeManifest(manifest).equals(bytes)) {
    throw new Refusal("manifest-bad", "the manifest isn't in its canonical spelling");
  }
  return manifest;
}

function parseJson(bytes: Buffer): unknown {
  if (bytes.length > limits.manifestBytesMax) {
    throw new Refusal("manifest-bad", `the manifest has ${bytes.length} bytes`);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal("text-bad", "the manifest isn't UTF-8");
    throw new Refusal("manifest-bad", "the manifest isn't JSON");
  }
}

function checkKeys(
  value: unknown,
  names: readonly string[],
): asserts value is Record<string, unknown> {
  if (!isObject(value)) {
    throw new Refusal("manifest-bad", "the manifest holds something else than objects");
  }
  if (
    Object.keys(value).length !== names.length ||
    !names.every((name) => Object.hasOwn(value, name))
  ) {
    throw new Refusal("manifest-key", `the manifest's keys aren't ${names.join(", ")}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
