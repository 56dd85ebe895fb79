// The site that an operator names, of those that the receiver's settings have.

import { FerryError, parseSiteId, printable, type SiteId } from "@siteferry/model";

/** @param config the path of the settings, for the message */
export function siteIn(known: readonly string[], name: string, config: string): SiteId {
  const site = parseSiteId(name);
  if (site !== null && known.includes(site)) return site;
  const names = known.length === 0 ? "none" : known.join(", ");
  const message = `${config} has no site "${printable(name)}"; it has ${names}`;
  throw new FerryError("site-not-configured", message);
}
