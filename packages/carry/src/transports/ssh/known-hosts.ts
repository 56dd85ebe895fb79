// OpenSSH's known_hosts, as sshd(8) describes it: which key a host may have. Pure.

import { createHash, createHmac } from "node:crypto";
import { FerryError, printable } from "@siteferry/model";

/** What a known_hosts file says about one host. */
export interface KnownHost {
  /** As known_hosts spells it: `central`, or `[central]:2222` if the port isn't 22. */
  readonly name: string;
  readonly file: string;
  readonly keys: readonly Uint8Array[];
  readonly revoked: readonly Uint8Array[];
  /** A `@cert-authority` line speaks of this host; ssh2 knows no host certificates. */
  readonly hasAuthority: boolean;
}

interface Line {
  readonly marker: string;
  readonly patterns: string;
  readonly key: Uint8Array;
}

/** @throws FerryError `settings-invalid` for a `@revoked` line that can't be read: it must not be lost. */
export function findKnownHost(text: string, file: string, host: string, port: number): KnownHost {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const lines = text.split("\n").flatMap((line, index) => parseLine(line, `${file}:${index + 1}`));
  const ofHost = lines.filter(({ patterns }) => matches(patterns, name));
  const keysOf = (marker: string): Uint8Array[] =>
    ofHost.filter((line) => line.marker === marker).map(({ key }) => key);
  const hasAuthority = keysOf("@cert-authority").length > 0;
  return { name, file, keys: keysOf(""), revoked: keysOf("@revoked"), hasAuthority };
}

/** The types of the keys that are known and not revoked, such as `ssh-ed25519`. */
export function knownTypes({ keys, revoked }: KnownHost): readonly string[] {
  return [...new Set(keys.filter((key) => !has(revoked, key)).map(typeOf))];
}

/** Null if this is the host's key, else what is wrong, for people. `@revoked` wins. */
export function judgeHostKey(known: KnownHost, key: Uint8Array): string | null {
  const { name, file, keys, revoked, hasAuthority } = known;
  const shown = `its ${printable(typeOf(key), 40)} key ${fingerprint(key)}`;
  if (has(revoked, key)) return `${shown} is revoked in ${file}`;
  if (has(keys, key)) return null;
  const changed = keys.find((other) => typeOf(other) === typeOf(key));
  if (changed !== undefined) {
    return `${shown} isn't the one in ${file}, ${fingerprint(changed)}: it has changed, or somebody else answers`;
  }
  if (keys.length > 0)
    return `${shown} isn't in ${file}, which knows ${knownTypes(known).join(", ")}`;
  const hint = hasAuthority
    ? " (its @cert-authority line isn't supported: add the host's own key)"
    : "";
  return `${shown} is unknown: ${file} has no line for ${name}${hint}`;
}

function parseLine(line: string, at: string): Line[] {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]!.startsWith("@") ? fields.shift()! : "";
  const [patterns = "", type = "", base64 = ""] = fields;
  if (patterns === "" || patterns.startsWith("#")) return [];
  const key = Buffer.from(base64, "base64");
  if (type !== "" && typeOf(key) === type) return [{ marker, patterns, key }];
  if (marker !== "@revoked") return [];
  throw new FerryError("settings-invalid", `${at}: this @revoked line has no key that can be read`);
}

/** The key's blob begins with its type. */
function typeOf(key: Uint8Array): string {
  const { buffer, byteOffset, length } = key;
  if (length < 4) return "";
  const bytes = new DataView(buffer, byteOffset, length).getUint32(0);
  return Buffer.from(key.subarray(4, 4 + Math.min(bytes, 64))).toString("latin1");
}

/** As `ssh-keygen -l` prints it. */
function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function has(keys: readonly Uint8Array[], key: Uint8Array): boolean {
  return keys.some((other) => Buffer.compare(other, key) === 0);
}

/** `!pattern` takes the whole line away from a host. */
function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith("|")) return matchesHash(patterns, name);
  const fitting = patterns
    .toLowerCase()
    .split(",")
    .filter((pattern) => matchesPattern(pattern.replace(/^!/, ""), name));
  return fitting.length > 0 && !fitting.some((pattern) => pattern.startsWith("!"));
}

/** `*` and `?`. Without a regular expression: with many stars one of those would take for ever. */
function matchesPattern(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let afterStar = 0;
  for (let index = 0; index < name.length;) {
    if (pattern[at] === "*") {
      star = at++;
      afterStar = index;
    } else if (pattern[at] === "?" || pattern[at] === name[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      index = ++afterStar;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function matchesHash(text: string, name: string): boolean {
  const [, magic, salt = "", hash = ""] = text.split("|");
  if (magic !== "1") return false;
  const mac = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return Buffer.compare(mac, Buffer.from(hash, "base64")) === 0;
}
