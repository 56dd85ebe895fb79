// A vendor's configuration dump (`cmcdump -C`) → its hosts, and the `.mk` that the centre reads, written
// anew from them. What the values mean is Checkmk's; here they are data.

import {
  type HostName,
  isNameFault,
  limits,
  parseHostName,
  Refusal,
  type SiteId,
} from "@siteferry/model";
import type { Literal } from "./literal.ts";
import { type Budget, readEntries, readLiteral } from "./read-literal.ts";
import { Scanner } from "./scanner.ts";
import { writeLiteral, writeString } from "./write-literal.ts";

export interface ShadowHost {
  /** As the site calls it. */
  readonly name: HostName;
  readonly value: Literal;
}

/**
 * The hosts of a dump, one by one, so that the caller can pause: only at the end of it is known that all
 * of the text was exactly `shadow_hosts.update({…})`, with comments and blank lines. Refuses with
 * `dump-config`, whose message names line and column, and `name-bad`.
 */
export function* readShadowHosts(text: string): Generator<ShadowHost, void> {
  const scanner = new Scanner(text);
  const budget: Budget = { values: limits.listEntriesMax, end: Infinity };
  scanner.skipBlank();
  scanner.expect("shadow_hosts.update(");
  scanner.skipBlank();
  scanner.expect("{");
  for (const [key, value] of readEntries(scanner, 1, budget, readHost)) {
    yield { name: hostNameOf(key), value };
  }
  scanner.skipBlank();
  scanner.expect(")");
  scanner.skipBlank();
  if (!scanner.isAtEnd) throw scanner.refusal("nothing may follow");
}

function readHost(scanner: Scanner, depth: number, budget: Budget): Literal {
  const start = scanner.position;
  // Nobody else is served while one host is read, so that it ends soon, and not only once it is read.
  budget.end = start + limits.dumpHostBytesMax;
  const value = readLiteral(scanner, depth, budget);
  budget.end = Infinity;
  if (scanner.position - start <= limits.dumpHostBytesMax) return value;
  throw scanner.refusal(`one host has at most ${limits.dumpHostBytesMax} characters`, start);
}

function hostNameOf(key: Literal): HostName {
  if (typeof key !== "string") {
    throw new Refusal("dump-config", "config.mk: the name of a host is a string, and one isn't");
  }
  const name = parseHostName(key);
  if (!isNameFault(name)) return name;
  throw new Refusal("name-bad", `config.mk: the host name "${name.shown}" ${name.problem}`);
}

/** The lines around the hosts; `site` only says for people where it comes from. */
export function shadowHostsFile(site: SiteId, hosts: readonly string[]): string {
  return [
    `# Written by siteferry from what ${site} dumped. It will be written again: change nothing here.`,
    "shadow_hosts.update({",
    ...hosts,
    "})",
    "",
  ].join("\n");
}

/** One host's line between them, under its name at the centre. */
export function shadowHostLine(name: HostName, value: Literal): string {
  return `    ${writeString(name)}: ${writeLiteral(value)},`;
}
