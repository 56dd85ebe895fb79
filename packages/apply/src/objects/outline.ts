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

/** Keys as in an {@link Outline}, of hosts, services and groups; of nothing else. */
export function parseObjectCache(objectCache: string): ReadonlySet<string> {
  const known = new Set<string>();
  const blocks = /^define (host|service|hostgroup|servicegroup) \{\n((?:\t.*\n)*)\t?\}/gm;
  for (const [, kind = "", body = ""] of objectCache.matchAll(blocks)) {
    if (kind === "service") {
      const host = nameLines.host.exec(body)?.[1] ?? "";
      known.add(serviceKey(host, nameLines.service.exec(body)?.[1] ?? ""));
    } else {
      const line = nameLines[kind as "host" | "hostgroup" | "servicegroup"];
      known.add(`${kind} ${line.exec(body)?.[1] ?? ""}`);
    }
  }
  return known;
}

const nameLines = {
  host: /^\thost_name\t(.*)$/m,
  service: /^\tservice_description\t(.*)$/m,
  hostgroup: /^\thostgroup_name\t(.*)$/m,
  servicegroup: /^\tservicegroup_name\t(.*)$/m,
} as const;

export function liveObjects(known: ReadonlySet<string>): LiveObjects {
  return (host, service) =>
    known.has(service === null ? `host ${host}` : serviceKey(host, service));
}

/** The keys of `outline` that a core's cache has too: hosts, services, groups. */
export function objectsOf(outline: Outline): readonly string[] {
  return [...outline.keys()].filter((key) => /^(host|service|hostgroup|servicegroup) /.test(key));
}
