// What the services of the sites are called at the centre.

import type { SiteService } from "@siteferry/apply";
import { isNameFault, parseServiceDescription, type SiteId } from "@siteferry/model";
import type { ReceiverSettings } from "../settings.ts";

/** One of each site: the settings were checked for their names. */
export function siteServicesAt({
  health,
  sites,
}: Pick<ReceiverSettings, "health" | "sites">): readonly SiteService[] {
  return (Object.keys(sites) as SiteId[]).flatMap((site) => {
    const description = parseServiceDescription(health.service.replaceAll("{site}", site));
    return isNameFault(description) ? [] : [{ site, description }];
  });
}
