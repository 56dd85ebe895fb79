// Which site speaks for which host at the centre. Patterns and prefixes may overlap by an operator's
// slip; then the site that came first keeps the host, and the other one's bundle is refused: site A
// never changes anything of site B.

import { type HostName, printable, Refusal, type SiteId } from "@siteferry/model";
import { readState, replaceState } from "@siteferry/spool";
import { siteDirectory } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { matcher } from "./ownership.ts";

const claimsName = "hosts";

/**
 * Claims `hosts`, as the centre calls them, for a site, durably. `whole`: they are all that it has, so
 * others of it become free.
 * @throws Refusal `host-of-another-site`
 */
export async function claimHosts(
  opening: Opening,
  site: SiteId,
  hosts: ReadonlySet<HostName>,
  whole: boolean,
): Promise<void> {
  const { reservedHosts, health } = opening.settings;
  const isReserved = matcher(reservedHosts);
  for (const host of hosts) {
    // Whoever spoke for the host of the sites' services would say how the others are.
    if (isReserved(host) || host === health.host) throw claimed(site, host, "the centre");
  }
  for (const other of Object.keys(opening.settings.sites) as SiteId[]) {
    if (other === site) continue;
    const theirs = await loadClaims(opening, other);
    if (hosts.isDisjointFrom(theirs)) continue;
    const [common = ""] = hosts.intersection(theirs);
    throw claimed(site, common, other);
  }
  const before = await loadClaims(opening, site);
  const after = whole ? hosts : before.union(hosts);
  if (after.size === before.size && after.isSubsetOf(before)) return;
  const { files, random } = opening.world;
  const { claims } = opening.cache;
  claims.delete(site);
  const directory = siteDirectory(opening.spool, site);
  const content = Buffer.from([...after].join("\n"));
  await replaceState(files, random, directory, claimsName, content);
  claims.set(site, after);
}

function claimed(site: SiteId, host: string, owner: string): Refusal {
  const problem = `${site} speaks for ${printable(host)}, which is ${owner}'s here`;
  return new Refusal("host-of-another-site", problem);
}

/** From memory: 200 sites that send each minute would read each other's 40,000 times. */
async function loadClaims(
  { world, spool, cache: { claims } }: Opening,
  site: SiteId,
): Promise<ReadonlySet<HostName>> {
  const known = claims.get(site);
  if (known !== undefined) return known;
  const state = await readState(world.files, siteDirectory(spool, site), claimsName);
  const text = new TextDecoder().decode(state?.content);
  const loaded = new Set(text === "" ? [] : (text.split("\n") as HostName[]));
  claims.set(site, loaded);
  return loaded;
}
