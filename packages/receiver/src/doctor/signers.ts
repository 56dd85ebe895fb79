// Whom the centre believes: a list that can be read, a key that is valid for each site.

import { type Check, fail, type Finding, listFault, ok, warning } from "@siteferry/agent";
import type { AllowedSigner } from "@siteferry/bundle";
import type { SiteId } from "@siteferry/model";
import { readSigners } from "../world/read-keys.ts";
import type { ReceiverSubject } from "./subject.ts";

const dayMs = 86_400_000;
const soonDays = 14;

export const signers: Check<ReceiverSubject> = {
  name: "signers",
  async run({ settings, world, probes }) {
    const { signers: list, revoked } = await readSigners(world.files, settings);
    const nowMs = world.clock.now();
    const all = [...list.values()].flat().filter(({ keyId }) => !revoked.has(keyId));
    const found: Finding[] = [...(await listFault(probes, settings.allowedSigners))];
    for (const site of Object.keys(settings.sites) as SiteId[]) {
      // What livedump brings the centre itself seals.
      if (settings.sites[site]!.livedump) continue;
      const fault = faultOf(site, all, nowMs, settings.allowedSigners);
      if (fault !== null) found.push(fault);
    }
    for (const site of new Set(all.flatMap(({ sites }) => sites))) {
      if (Object.hasOwn(settings.sites, site)) continue;
      const what = `${settings.allowedSigners} has a key of ${site}, which isn't among sites`;
      found.push(warning(what, `Its bundles are refused: add it to sites, or remove its line.`));
    }
    const count = Object.keys(settings.sites).length;
    if (count === 0) found.push(warning("there are no sites yet", "siteferry enrol adds them"));
    return found.length > 0 ? found : [ok(`each of the ${count} sites has a key that is valid`)];
  },
};

function faultOf(
  site: SiteId,
  all: readonly AllowedSigner[],
  nowMs: number,
  file: string,
): Finding | null {
  const own = all.filter(({ sites }) => sites.includes(site));
  const todo = `The site's keygen printed it: siteferry enrol ${site} 'ssh-ed25519 …'`;
  if (own.length === 0) return fail(`${file} has no key of ${site} that isn't revoked`, todo);
  const ends = own
    .filter(({ validAfterMs }) => (validAfterMs ?? 0) <= nowMs)
    .map(({ validBeforeMs }) => validBeforeMs ?? Number.POSITIVE_INFINITY);
  const last = Math.max(0, ...ends);
  const renew = "Let the site make a new key, and add it before the old one ends.";
  if (last <= nowMs) return fail(`no key of ${site} in ${file} is valid now`, renew);
  const days = Math.floor((last - nowMs) / dayMs);
  return days < soonDays ? warning(`the key of ${site} is valid for ${days} days`, renew) : null;
}
