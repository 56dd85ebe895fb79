// Our files in the core's check-result directory. `c` + 6 characters is what the core reads; a file
// of any other name it neither reads nor removes, so ours are staged under a name that says whose
// they are, and a crash leaves nothing that could be taken for somebody else's.

import type { Random, SiteId } from "@siteferry/model";

const idCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";
const stagedNamePattern = /^siteferry-(.+)-([a-z0-9]{6})$/;

export function stagedName(site: SiteId, liveName: string): string {
  return `siteferry-${site}-${liveName.slice(1)}`;
}

/** The name under which the core will read a staged file of this site, or null. */
export function liveNameOf(site: SiteId, name: string): string | null {
  const [, owner, id] = stagedNamePattern.exec(name) ?? [];
  return owner === site ? `c${id}` : null;
}

export function okName(liveName: string): string {
  return `${liveName}.ok`;
}

/** A live name that nothing in `taken` uses; it is added to `taken`. */
export function freshLiveName(random: Random, taken: Set<string>): string {
  for (;;) {
    let name = "c";
    for (const byte of random.bytes(6)) name += idCharacters[byte % idCharacters.length];
    if (taken.has(name) || taken.has(okName(name))) continue;
    taken.add(name);
    return name;
  }
}

/** The first line, a comment to the core. */
export function headerLine(site: SiteId, nowMs: number): string {
  return `# siteferry ${site} ${new Date(nowMs).toISOString()}\n`;
}
