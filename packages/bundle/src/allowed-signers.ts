// The centre's list of keys: a file in OpenSSH's ALLOWED SIGNERS format (ssh-keygen(1)), the sites
// being the principals. Stricter than OpenSSH where a loose line would trust too much: only literal
// site ids, only Ed25519, no certificate authorities, no keys for which anybody can sign.

import { FerryError, parseSiteId, printable, type SiteId } from "@siteferry/model";
import { isSafePoint, keyIdOf, rawPublicKey } from "./ed25519.ts";
import { parseSignerTime } from "./signer-time.ts";

/** One line that is valid for siteferry's signatures. Times in ms since 1970, null for no bound. */
export interface AllowedSigner {
  readonly sites: readonly SiteId[];
  readonly keyId: string;
  /** In SSH's wire format. */
  readonly publicKey: Uint8Array;
  readonly validAfterMs: number | null;
  readonly validBeforeMs: number | null;
}

/** By key id (`SHA256:…`); a key may stand on several lines. */
export type SignerList = ReadonlyMap<string, readonly AllowedSigner[]>;

/**
 * Reads the file's `text`; `where` is its path for messages. Throws `signers-invalid`, for a key of
 * low order `key-low-order`, naming `where:line`. A line whose `namespaces` leave siteferry out is
 * for other tools and skipped.
 */
export function parseAllowedSigners(text: string, where: string): SignerList {
  const list = new Map<string, AllowedSigner[]>();
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const signer = parseLine(content, `${where}:${index + 1}`);
    if (signer === null) continue;
    const known = list.get(signer.keyId);
    if (known === undefined) list.set(signer.keyId, [signer]);
    else known.push(signer);
  }
  return list;
}

/** `principals [options] ssh-ed25519 base64 [comment]` */
const linePattern =
  /^("[^"]*"|\S+)\s+(?:((?:[^\s"]|"(?:\\"|[^"])*")+)\s+)?ssh-ed25519\s+(\S+)(?:\s|$)/;
/** `name` or `name="value"`, in a list separated by commas. */
const optionPattern = /^([a-z-]+)(?:="((?:\\"|[^"])*)")?(?:,|$)/i;

function parseLine(line: string, place: string): AllowedSigner | null {
  const [, principals, options, key] = linePattern.exec(line) ?? [];
  if (principals === undefined || key === undefined) {
    throw invalid(place, "isn't `SITE [options] ssh-ed25519 KEY`");
  }
  const { namespaces, validAfterMs, validBeforeMs } = parseOptions(options ?? "", place);
  const sites = parseSites(principals, place);
  const publicKey = parseKey(key, place);
  if (namespaces !== null && !namespaces.includes("siteferry")) return null;
  return { sites, keyId: keyIdOf(publicKey), publicKey, validAfterMs, validBeforeMs };
}

function parseSites(principals: string, place: string): SiteId[] {
  return principals
    .replace(/^"(.*)"$/, "$1")
    .split(",")
    .map((principal) => {
      const site = parseSiteId(principal);
      if (site === null) throw invalid(place, `${printable(principal)} is no site id`);
      return site;
    });
}

interface Options {
  readonly namespaces: readonly string[] | null;
  readonly validAfterMs: number | null;
  readonly validBeforeMs: number | null;
}

function parseOptions(text: string, place: string): Options {
  const values = new Map<string, string>();
  let rest = text;
  while (rest !== "") {
    const [whole, name, value] = optionPattern.exec(rest) ?? [];
    if (whole === undefined || name === undefined) {
      throw invalid(place, `the options ${printable(text)} can't be read`);
    }
    rest = rest.slice(whole.length);
    const key = name.toLowerCase();
    if (!["namespaces", "valid-after", "valid-before"].includes(key) || value === undefined) {
      throw invalid(place, `the option ${printable(name)} isn't supported`);
    }
    if (values.has(key)) throw invalid(place, `the option ${key} stands there twice`);
    values.set(key, value.replaceAll('\\"', '"'));
  }
  const validAfterMs = parseBound(values.get("valid-after"), place);
  const validBeforeMs = parseBound(values.get("valid-before"), place);
  if (validAfterMs !== null && validBeforeMs !== null && validBeforeMs <= validAfterMs) {
    throw invalid(place, "valid-before isn't later than valid-after");
  }
  return {
    namespaces: parseNamespaces(values.get("namespaces"), place),
    validAfterMs,
    validBeforeMs,
  };
}

function parseNamespaces(value: string | undefined, place: string): readonly string[] | null {
  if (value === undefined) return null;
  if (/[*?!]/.test(value)) throw invalid(place, "patterns in namespaces aren't supported");
  return value.split(",");
}

function parseBound(value: string | undefined, place: string): number | null {
  if (value === undefined) return null;
  const time = parseSignerTime(value);
  if (time === null) throw invalid(place, `${printable(value)} isn't YYYYMMDD[HHMM[SS]][Z]`);
  return time;
}

function parseKey(text: string, place: string): Buffer {
  const blob = Buffer.from(text, "base64");
  const raw = rawPublicKey(blob);
  if (raw === null || blob.toString("base64") !== text) {
    throw invalid(place, "the key is damaged");
  }
  if (!isSafePoint(raw)) {
    throw new FerryError("key-low-order", `${place}: anybody can sign for this key`);
  }
  return blob;
}

function invalid(place: string, problem: string): FerryError {
  return new FerryError("signers-invalid", `${place}: ${problem}`);
}
