// Which objects the centre's core knows: read from its object cache (object_cache_file), which it
// writes at every start. A result for anything else would be lost.

import type { HostName, ServiceDescription } from "@siteferry/model";

/** Answers for one reading of the cache. */
export type LiveObjects = (host: HostName, service: ServiceDescription | null) => boolean;

/** Reads `define host {` and `define service {` with their names; everything else is skipped. */
export function parseLiveObjects(objectCache: string): LiveObjects {
  const known = new Set<string>();
  const blocks = /^define (?:host|service) \{\n((?:\t.*\n)*)\t?\}/gm;
  for (const [, body] of objectCache.matchAll(blocks)) {
    const host = /^\thost_name\t(.*)$/m.exec(body!)?.[1];
    const service = /^\tservice_description\t(.*)$/m.exec(body!)?.[1];
    if (host !== undefined) known.add(service === undefined ? host : `${host}\t${service}`);
  }
  return (host, service) => known.has(service === null ? host : `${host}\t${service}`);
}
