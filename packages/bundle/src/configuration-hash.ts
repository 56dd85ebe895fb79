// What tells one configuration of a site from another, whenever and under which number it was
// sealed. Keyframes carry it to say which configuration their objects belong to.

import { createHash } from "node:crypto";
import { type Member, textMember } from "./member.ts";

/**
 * SHA-256 in lower-case hex over, for each member in order: the length of its name (u32), its name,
 * the length of its content (u64), its content. Numbers are big-endian.
 */
export function configurationHash(members: readonly Member[]): string {
  const hash = createHash("sha256");
  for (const { name, sizeBytes, chunks } of members) {
    const head = Buffer.alloc(4 + name.length + 8);
    head.writeUInt32BE(name.length);
    head.write(name, 4, "latin1");
    head.writeBigUInt64BE(BigInt(sizeBytes), 4 + name.length);
    hash.update(head);
    for (const chunk of chunks) hash.update(chunk);
  }
  return hash.digest("hex");
}

/** The same of a vendor's dump: over its member `config.mk`. */
export function dumpHash(configuration: string): string {
  return configurationHash([textMember("config.mk", configuration)]);
}
