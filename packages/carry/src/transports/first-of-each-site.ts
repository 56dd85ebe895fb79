// One site's flood leaves room for the others, as far as the names tell which site it is. Ids can be made
// up, as many as somebody likes: all that the centre doesn't know share one allowance, and come last.

import { parseBundleName, type SiteId } from "@siteferry/model";

export type IsKnown = (site: SiteId) => boolean;

/** No site's id: of names that say nothing, as links may rename files, and of sites that nobody knows. */
const unnamed = "";
const unknown = "?";

/** Whose allowance a file uses up. @param site null if its name says nothing */
export function accountOf(site: SiteId | null, isKnown: IsKnown): string {
  if (site === null) return unnamed;
  return isKnown(site) ? site : unknown;
}

/** The first `countPerSite` of each site, in the order in which they stand; those of unknown sites last. */
export function firstOfEachSite<File extends { readonly name: string }>(
  files: readonly File[],
  countPerSite: number,
  isKnown: IsKnown = () => true,
): readonly File[] {
  const counts = new Map<string, number>();
  const last: File[] = [];
  const first = files.filter((file) => {
    const account = accountOf(parseBundleName(file.name)?.site ?? null, isKnown);
    const count = (counts.get(account) ?? 0) + 1;
    counts.set(account, count);
    if (count > countPerSite) return false;
    if (account === unknown) last.push(file);
    return account !== unknown;
  });
  return [...first, ...last];
}
