// What a target `commands` has nothing to do about: remembered per site, so that a run in which nothing
// changed opens no bundle and asks the core for little.

import { createHash } from "node:crypto";
import { markedSite } from "@siteferry/apply";
import type { SiteId, States } from "@siteferry/model";
import type { CentreLook } from "./picture.ts";

/** All as they were when nothing was left to do; "" for never. */
interface Settled {
  /** The site's newest bundle. */
  readonly bundle: string;
  /** {@link digestOfSite} */
  readonly site: string;
  /** {@link digestsOfLook}, with the settings. */
  readonly centre: string;
  /** How much of it the core can't be told. */
  readonly refused: number;
}

export function parseSettled(text: string): Settled {
  const [bundle = "", site = "", centre = "", refused] = text.split(" ");
  return { bundle, site, centre, refused: Number(refused ?? 0) };
}

export function formatSettled({ bundle, site, centre, refused }: Settled): string {
  return `${bundle} ${site} ${centre} ${refused}`;
}

/** What people said at the site, without what changes with each check. */
export function digestOfSite({ hosts, services, annotations }: States): string {
  const digest = createHash("sha256");
  for (const { name, acknowledged, acknowledgement_type } of hosts) {
    if (acknowledged === 1) digest.update(`${name}\t${acknowledgement_type}\n`);
  }
  for (const { host_name, description, acknowledged, acknowledgement_type } of services) {
    if (acknowledged === 0) continue;
    digest.update(`${host_name}\t${description}\t${acknowledgement_type}\n`);
  }
  const told = annotations ?? { comments: [], downtimes: [] };
  for (const row of [...told.comments, ...told.downtimes])
    digest.update(`${JSON.stringify(row)}\n`);
  return digest.digest("hex");
}

/**
 * Of what a core shows, what a site's commands depend on: what bears its mark, and acknowledgements of hosts
 * that may be its own. Whatever the order, in which a core may answer differently each time.
 */
export function digestsOfLook(
  { programStart, acknowledged, comments, downtimes }: CentreLook,
  mark: string,
): (site: SiteId, mayBeOwn: (host: string) => boolean) => string {
  const marked = Map.groupBy([...comments, ...downtimes], ({ author }) => markedSite(mark, author));
  const acknowledgements = [
    ...acknowledged.map((line) => ({ host: line.split("\t", 1)[0]!, line })),
    ...comments
      .filter(({ entryType }) => entryType === 4)
      .map((comment) => ({ host: comment.host, line: JSON.stringify(comment) })),
  ];
  return (site, mayBeOwn) => {
    const own = (marked.get(site) ?? []).map((row) => JSON.stringify(row));
    const ofHosts = acknowledgements.filter(({ host }) => mayBeOwn(host)).map(({ line }) => line);
    const digest = createHash("sha256").update(programStart);
    for (const line of [...own, ...ofHosts].toSorted()) digest.update(`\n${line}`);
    return digest.digest("hex");
  };
}
