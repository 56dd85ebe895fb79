// One site's flood leaves room for the others, as far as the names tell which site it is.

import { parseBundleName } from "@siteferry/model";

/** The first `countPerSite` of each site, in the order in which they stand. */
export function firstOfEachSite<File extends { readonly name: string }>(
  files: readonly File[],
  countPerSite: number,
): readonly File[] {
  const counts = new Map<string, number>();
  return files.filter(({ name }) => {
    const claimed = parseBundleName(name)?.site ?? "";
    const count = (counts.get(claimed) ?? 0) + 1;
    counts.set(claimed, count);
    return count <= countPerSite;
  });
}
