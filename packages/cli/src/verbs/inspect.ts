// siteferry inspect: what a bundle is and what it holds, for an operator who debugs and for a
// security officer who wants to see what leaves the site.

import {
  type BundleHeader,
  type OpenedBundle,
  ownSigner,
  parseAllowedSigners,
  unpack,
  verify,
} from "@siteferry/bundle";
import { readText } from "@siteferry/agent";
import { exitCodes, limits, parseSiteId, printable, Refusal } from "@siteferry/model";
import { readHeader } from "@siteferry/bundle";
import { nodeFiles } from "@siteferry/spool";

export interface InspectOptions {
  readonly allowedSigners?: string;
  readonly centre?: string;
  readonly rows: number;
  readonly json: boolean;
}

/** Exit status: 76 if the centre would refuse the bundle, whatever its reason. */
export async function runInspect(file: string, options: InspectOptions): Promise<number> {
  const bytes = await nodeFiles.read(file, limits.bundleBytesMax, { trusted: true });
  const header = readHeader(bytes).unverified;
  const bundle = await open(bytes, header, options);
  const shown = options.json ? asJson(header, bundle, options) : asText(header, bundle, options);
  process.stdout.write(`${shown}\n`);
  return bundle instanceof Refusal ? exitCodes.refused : 0;
}

async function open(
  bytes: Uint8Array,
  header: BundleHeader,
  { allowedSigners, centre }: InspectOptions,
): Promise<OpenedBundle | Refusal> {
  try {
    const signers =
      allowedSigners === undefined
        ? ownSigner(bytes)
        : parseAllowedSigners(await readText(nodeFiles, allowedSigners), allowedSigners);
    const recipient = parseSiteId(centre ?? header.recipient) ?? header.recipient;
    // An old bundle is looked at as on the day it was made; its age is shown.
    const envelope = await verify(bytes, { centre: recipient, signers, nowMs: header.createdMs });
    return await unpack(envelope);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function asText(
  header: BundleHeader,
  bundle: OpenedBundle | Refusal,
  { allowedSigners, rows }: InspectOptions,
): string {
  const trust = allowedSigners === undefined ? "not compared with any list" : "in allowed_signers";
  const lines = [
    `${header.kind} of ${header.site} for ${header.recipient}`,
    `  number      epoch ${header.epoch}, sequence ${header.sequence}`,
    `  created     ${new Date(header.createdMs).toISOString()}`,
    `  expires     ${header.expiresMs === 0 ? "never" : new Date(header.expiresMs).toISOString()}`,
    `  signed by   ${header.keyId} (${trust})`,
    `  payload     ${header.payloadBytes} bytes, ${header.inflatedBytes} inflated`,
    `  belongs to  configuration ${header.configurationHash.slice(0, 16)}`,
  ];
  if (bundle instanceof Refusal) {
    lines.push("", `REFUSED: ${bundle.message}`, `  ${bundle.code} (${bundle.number})`);
    return lines.join("\n");
  }
  const { program_version, livestatus_version } = bundle.source;
  lines.push(
    `  source      ${printable(program_version)}, livestatus ${printable(livestatus_version)}`,
  );
  for (const [name, table] of tablesOf(bundle)) {
    lines.push("", `${name}: ${table.length} rows`);
    for (const row of table.slice(0, rows)) lines.push(...rowLines(row));
  }
  return lines.join("\n");
}

function asJson(
  header: BundleHeader,
  bundle: OpenedBundle | Refusal,
  { rows }: InspectOptions,
): string {
  if (bundle instanceof Refusal) {
    const { code, number, message } = bundle;
    return JSON.stringify({ header, refused: { code, number, message } }, null, 2);
  }
  const tables = Object.fromEntries(
    tablesOf(bundle).map(([name, table]) => [
      name,
      { rows: table.length, first: table.slice(0, rows) },
    ]),
  );
  return JSON.stringify({ header, source: bundle.source, tables }, null, 2);
}

function tablesOf(bundle: OpenedBundle): [string, readonly object[]][] {
  return Object.entries(bundle.kind === "config" ? bundle.configuration : bundle.states);
}

/** One field a line; what comes from the site never reaches the terminal raw. */
function rowLines(row: object): string[] {
  return Object.entries(row).map(([name, value], index) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${index === 0 ? "  - " : "    "}${name}: ${printable(text)}`;
  });
}
