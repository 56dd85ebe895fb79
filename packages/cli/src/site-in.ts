// The site that an operator names, if the receiver's settings have it.

import { FerryError, parseSiteId, printable, type SiteId } from "@siteferry/model";
import type { ReceiverSettings } from "@siteferry/receiver";

/** @param config the path of the settings, for the message */
export function siteIn({ sites }: ReceiverSettings, name: string, config: string): SiteId {
  const site = parseSiteId(name);
  if (site !== null && Object.hasOwn(sites, site)) return site;
  const known = Object.keys(sites).join(", ");
  throw new FerryError(
    "site-not-configured",
    `${config} has no site "${printable(name)}"; it has ${known === "" ? "none" : known}`,
  );
}
