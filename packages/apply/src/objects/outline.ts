// What object files define, by name: of a generation, for the health check and for people who compare
// two; of the core's cache, to know what is live and what is the centre's own.

import type { HostName, ServiceDescription } from "@siteferry/model";
import type { ObjectFiles } from "./generations.ts";

/** Objects by their keys: `host web1`, `service web1\tDisk`, `hostgroup linux`; with their text. */
export type Outline = ReadonlyMap<string, string>;

/** Templates, commands and timeperiods aren't objects of a site: they are called by their names too. */
export function outlineOf(files: ObjectFiles): Outline {
  const outline = new Map<string, string>();
  for (const text of files.values()) {
    for (const [block, kind = "", body = ""] of text.matchAll(/^define (\w+) \{\n([^}]*)\}/gm)) {
      const fields = new Map<string, string>();
      for (const [, key = "", value = ""] of body.matchAll(/^\s+(\S+)\s+(.*)$/gm)) {
        fields.set(key, value);
      }
      const name = fields.get("name");
      outline.set(name === undefined ? keyOf(kind, fields) : `template ${kind} ${name}`, block);
    }
  }
  return outline;
}

function keyOf(kind: string, fields: ReadonlyMap<string, string>): string {
  if (kind !== "service") return `${kind} ${fields.get(`${kind}_name`) ?? ""}`;
  return serviceKey(fields.get("host_name") ?? "", fields.get("service_description") ?? "");
}

function serviceKey(host: string, description: string): string {
  return `service ${host}\t${description}`;
}

/** What the core knows, for one reading of its cache. */
export type LiveObjects = (host: HostName, service: ServiceDescription | null) => boolean;

/**
 * Keys as in an {@link Outline}, of hosts, services, groups and commands; of nothing else. Byte by byte, because a
 * cache of 50,000 services has 30 MiB, of which only the names are wanted.
 */
export function parseObjectCache(cache: Uint8Array): ReadonlySet<string> {
  const bytes = Buffer.from(cache.buffer, cache.byteOffset, cache.byteLength);
  const known = new Set<string>();
  let kind = "";
  let [name, service] = ["", ""];
  for (let start = 0, end: number; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(lineFeed, start);
    if (end === -1) end = bytes.length;
    if (bytes[start] !== tab) {
      const line = end - start < defineBytesMax ? bytes.toString("latin1", start, end) : "";
      kind = /^define (host|service|hostgroup|servicegroup|command) \{$/.exec(line)?.[1] ?? "";
      [name, service] = ["", ""];
    } else if (bytes[start + 1] === closingBrace && kind !== "") {
      known.add(kind === "service" ? serviceKey(name, service) : `${kind} ${name}`);
      kind = "";
    } else if (kind !== "") {
      const [key, value] = fieldOf(bytes, start + 1, end);
      if (key === "service_description") service = value;
      else if (key === (kind === "service" ? "host_name" : `${kind}_name`)) name = value;
    }
  }
  return known;
}

const [tab, lineFeed, closingBrace] = [0x09, 0x0a, 0x7d];
const defineBytesMax = 32;
const nameKeys = [
  "host_name",
  "service_description",
  "hostgroup_name",
  "servicegroup_name",
  "command_name",
];

/** Only of keys that a name stands behind; the value of others isn't looked at. */
function fieldOf(bytes: Buffer, start: number, end: number): readonly [key: string, value: string] {
  for (const key of nameKeys) {
    const behind = start + key.length;
    if (bytes[behind] !== tab || bytes[start + 4] !== key.charCodeAt(4)) continue;
    if (bytes.toString("latin1", start, behind) === key)
      return [key, bytes.toString("utf8", behind + 1, end)];
  }
  return ["", ""];
}

export function liveObjects(known: ReadonlySet<string>): LiveObjects {
  return (host, service) =>
    known.has(service === null ? `host ${host}` : serviceKey(host, service));
}

/** The keys of `outline` that a core's cache has too: hosts, services, groups. */
export function objectsOf(outline: Outline): readonly string[] {
  return [...outline.keys()].filter((key) => /^(host|service|hostgroup|servicegroup) /.test(key));
}
