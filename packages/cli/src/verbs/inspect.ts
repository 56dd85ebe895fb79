// siteferry inspect: what a bundle is and what it holds, for an operator who debugs and for a
// security officer who wants to see what leaves the site.

import {
  type BundleHeader,
  type OpenedBundle,
  type OpenedVerbatim,
  ownSigner,
  parseAgeIdentities,
  parseAllowedSigners,
  parseRevokedKeys,
  readHeader,
  unpack,
  verify,
} from "@siteferry/bundle";
import { readKey, readText } from "@siteferry/agent";
import {
  exitCodes,
  FerryError,
  limits,
  parseSiteId,
  printable,
  Refusal,
  type States,
  systemCode,
} from "@siteferry/model";
import { dumpHosts } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";

export interface InspectOptions {
  readonly allowedSigners?: string;
  readonly centre?: string;
  readonly identity?: string;
  readonly revokedKeys?: string;
  readonly rows: number;
  readonly json: boolean;
}

/** What could be seen: a bundle, or why the centre would refuse it and how far one came. */
interface Findings {
  readonly header: BundleHeader | null;
  /** Whether its key is in the list; null: there is none. */
  readonly isListed: boolean | null;
  readonly bundle: OpenedBundle | Refusal;
  /** Why the centre would refuse the vendor's dump that could be opened. */
  readonly dump?: Refusal;
}

/** Exit status: 76 if the centre would refuse the bundle, whatever its reason. */
export async function runInspect(file: string, options: InspectOptions): Promise<number> {
  if (!Number.isInteger(options.rows) || options.rows < 0) {
    throw new FerryError("usage-wrong", "--rows takes a whole number");
  }
  const findings = await inspect(await readBundle(file), options);
  const shown = options.json ? asJson(findings, options) : asText(findings, options);
  process.stdout.write(`${shown}\n`);
  return findings.bundle instanceof Refusal || findings.dump ? exitCodes.refused : 0;
}

async function readBundle(file: string): Promise<Uint8Array> {
  try {
    return await nodeFiles.read(file, limits.bundleBytesMax, { trusted: true });
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    throw new FerryError("file-missing", `${printable(file, 400)} doesn't exist`, { cause: error });
  }
}

async function inspect(
  bytes: Uint8Array,
  { allowedSigners, centre, identity, revokedKeys }: InspectOptions,
): Promise<Findings> {
  let header: BundleHeader | null = null;
  let isListed: boolean | null = null;
  try {
    header = readHeader(bytes).unverified;
    const signers =
      allowedSigners === undefined
        ? ownSigner(bytes)
        : parseAllowedSigners(await readText(nodeFiles, allowedSigners), allowedSigners);
    if (allowedSigners !== undefined) isListed = signers.has(header.keyId);
    const recipient = centre === undefined ? header.recipient : parseSiteId(centre);
    if (recipient === null) {
      throw new FerryError("usage-wrong", `--centre: "${printable(centre ?? "")}" isn't an id`);
    }
    const revoked =
      revokedKeys === undefined
        ? new Set<string>()
        : parseRevokedKeys(await readText(nodeFiles, revokedKeys), revokedKeys);
    // An old bundle is looked at as on the day it was made; its age is shown.
    const envelope = await verify(bytes, {
      centre: recipient,
      signers,
      revoked,
      nowMs: header.createdMs,
    });
    const identities =
      identity === undefined
        ? []
        : parseAgeIdentities(await readKey(nodeFiles, identity), identity);
    const bundle = await unpack(envelope, { identities });
    const dump = bundle.kind === "verbatim" ? await refusalOf(bundle) : null;
    return { header, isListed, bundle, ...(dump && { dump }) };
  } catch (error) {
    if (error instanceof Refusal) return { header, isListed, bundle: error };
    throw error;
  }
}

async function refusalOf(bundle: OpenedVerbatim): Promise<Refusal | null> {
  try {
    await dumpHosts(bundle);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function asText({ header, isListed, bundle, dump }: Findings, { rows }: InspectOptions): string {
  const trust =
    isListed === null
      ? "not compared with any list"
      : `${isListed ? "in" : "NOT in"} allowed_signers`;
  const lines = header === null ? [] : headerLines(header, trust);
  if (bundle instanceof Refusal) {
    lines.push("", `REFUSED: ${bundle.message}`, `  ${whatItIs(bundle)}`);
    return lines.join("\n").trimStart();
  }
  const { program_version, livestatus_version } = bundle.source;
  lines.push(
    `  source      ${printable(program_version)}, livestatus ${printable(livestatus_version)}`,
  );
  for (const [name, table] of tablesOf(bundle)) {
    lines.push("", `${name}: ${table.length} rows`);
    for (const row of table.slice(0, rows)) lines.push(...rowLines(row));
  }
  if (dump) lines.push("", `REFUSED: ${dump.message}`, `  ${whatItIs(dump)}`);
  return lines.join("\n");
}

function headerLines(header: BundleHeader, trust: string): string[] {
  return [
    `${header.kind} of ${header.site} for ${header.recipient}`,
    `  number      epoch ${header.epoch}, sequence ${header.sequence}`,
    `  created     ${timeOf(header.createdMs)}`,
    `  expires     ${header.expiresMs === 0 ? "never" : timeOf(header.expiresMs)}`,
    `  signed by   ${header.keyId} (${trust})`,
    `  payload     ${header.payloadBytes} bytes, ${header.inflatedBytes} inflated${header.cipher === "age" ? ", encrypted" : ""}`,
    `  belongs to  configuration ${header.configurationHash.slice(0, 16)}`,
  ];
}

/** A header may claim any number; not each is a day. */
function whatItIs({ code, number }: Refusal): string {
  return `${code} (${number}): siteferry explain ${code}`;
}

function timeOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString();
}

/** Escaped beyond what JSON asks for: nothing of it may move a terminal's cursor. */
function asJson({ header, bundle, dump }: Findings, { rows }: InspectOptions): string {
  const found =
    bundle instanceof Refusal
      ? { refused: asFields(bundle) }
      : {
          source: bundle.source,
          tables: firstRows(bundle, rows),
          ...(dump && { refused: asFields(dump) }),
        };
  return JSON.stringify({ header, ...found }, null, 2).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function asFields({ code, number, message }: Refusal): object {
  return { code, number, message };
}

function firstRows(bundle: OpenedBundle, count: number): object {
  return Object.fromEntries(
    tablesOf(bundle).map(([name, table]) => [
      name,
      { rows: table.length, first: table.slice(0, count) },
    ]),
  );
}

function tablesOf(bundle: OpenedBundle): [string, readonly object[]][] {
  switch (bundle.kind) {
    case "config":
      return Object.entries(bundle.configuration);
    case "keyframe":
      return rowsOf(bundle.states);
    case "verbatim":
      return [
        ["config.mk", linesOf(bundle.config)],
        ["states.txt", linesOf(bundle.states)],
      ];
    case "delta":
      return [
        ...rowsOf(bundle.changed).map(([name, rows]): [string, readonly object[]] => [
          name === "events" ? name : `${name} changed`,
          rows,
        ]),
        ...Object.entries(bundle.gone).map(([name, keys]): [string, readonly object[]] => [
          `${name} gone`,
          keys,
        ]),
      ];
  }
}

/** Comments, downtimes and events only where the site tells of them. */
function rowsOf({ hosts, services, annotations, events }: States): [string, readonly object[]][] {
  const rows = { hosts, services, ...(annotations && { ...annotations, events }) };
  return Object.entries<readonly object[]>(rows);
}

/** A vendor's dump is shown as it is, line by line, also one that the centre would refuse. */
function linesOf(text: string): readonly object[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => ({ line }));
}

/** One field a line; what comes from the site never reaches the terminal raw. */
function rowLines(row: object): string[] {
  return Object.entries(row).map(([name, value], index) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${index === 0 ? "  - " : "    "}${name}: ${printable(text)}`;
  });
}
