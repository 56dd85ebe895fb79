// What object files define, by name: of a generation, for the health check and for people who compare
// two; of the core's cache, to know what is live and what is the centre's own.

import type { HostName, ServiceDescription } from "@siteferry/model";
import type { ObjectFiles } from "./generations.ts";

/** Objects by their keys: `host web1`, `service web1\tDisk`, `hostgroup linux`; with their text. */
export type Outline = ReadonlyMap<string, string>;

export function outlineOf(files: ObjectFiles): Outline {
  return new Map(definitionsIn(files));
}

/** Templates, commands and timeperiods aren't objects of a site: they are called by their names too. */
export function* definitionsIn(
  files: ObjectFiles,
): Generator<readonly [key: string, text: string]> {
  for (const text of files.values()) {
    for (const [block, kind = "", body = ""] of text.matchAll(/^define (\w+) \{\n([^}]*)\}/gm)) {
      const fields = new Map<string, string>();
      for (const [, key = "", value = ""] of body.matchAll(/^\s+(\S+)\s+(.*)$/gm)) {
        fields.set(key, value);
      }
      const name = fields.get("name");
      yield [name === undefined ? keyOf(kind, fields) : `template ${kind} ${name}`, block];
    }
  }
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
 * The core's cache as it is read, part by part: one of 50,000 services has 40 MiB, of which only the
 * names are wanted.
 */
export class ObjectCache {
  /** Keys as in an {@link Outline}, of hosts, services, groups and commands; of nothing else. */
  readonly known: ReadonlySet<string>;
  readonly #known = new Set<string>();
  /** The line that the last part broke off in. */
  #rest: Buffer = Buffer.alloc(0);
  /** In an object of any kind. */
  #isInside = false;
  /** "" in one that isn't looked at. */
  #kind = "";
  #name = "";
  #service = "";

  constructor() {
    this.known = this.#known;
  }

  /** It doesn't end in the middle of something, as when the core couldn't write it to its end. */
  get isWhole(): boolean {
    return this.#known.size > 0 && this.#rest.length === 0 && !this.#isInside;
  }

  /** Lines without their end don't count yet; the core ends each. */
  add(part: Uint8Array): void {
    const bytes = Buffer.concat([this.#rest, part]);
    let start = 0;
    for (let end: number; (end = bytes.indexOf(lineFeed, start)) !== -1; start = end + 1) {
      this.#addLine(bytes, start, end);
    }
    this.#rest = Buffer.from(bytes.subarray(start));
  }

  #addLine(bytes: Buffer, start: number, end: number): void {
    const kind = this.#kind;
    if (bytes[start] !== tab) {
      const line = end - start < defineBytesMax ? bytes.toString("latin1", start, end) : "";
      const [, begun = ""] = /^define (\w+) \{$/.exec(line) ?? [];
      this.#isInside = begun !== "";
      this.#kind = kinds.has(begun) ? begun : "";
      this.#name = this.#service = "";
    } else if (bytes[start + 1] === closingBrace) {
      this.#isInside = false;
      if (kind === "") return;
      const isService = kind === "service";
      const key = isService ? serviceKey(this.#name, this.#service) : `${kind} ${this.#name}`;
      this.#known.add(key);
      this.#kind = "";
    } else if (kind !== "") {
      const [key, value] = fieldOf(bytes, start + 1, end);
      if (key === "service_description") this.#service = value;
      else if (key === (kind === "service" ? "host_name" : `${kind}_name`)) this.#name = value;
    }
  }
}

const [tab, lineFeed, closingBrace] = [0x09, 0x0a, 0x7d];
const defineBytesMax = 32;
const kinds = new Set(["host", "service", "hostgroup", "servicegroup", "command"]);
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

/** Keys of what a core's cache has too: hosts, services, groups; one by one, as there are many. */
export function* objectsIn(files: ObjectFiles): Generator<string> {
  for (const [key] of definitionsIn(files)) {
    if (/^(host|service|hostgroup|servicegroup) /.test(key)) yield key;
  }
}

/** Names of hosts in the text of one file of a generation; its services, of which there are many, cost little. */
export function* hostsDefinedIn(text: string): Generator<string> {
  for (const [, body = ""] of text.matchAll(/^define host \{\n([^}]*)\}/gm)) {
    const [, name] = /^\s+host_name\s+(.*)$/m.exec(body) ?? [];
    if (name !== undefined) yield name;
  }
}
