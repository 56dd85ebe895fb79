// The services that show how each site is, on a host of the centre's own.

import type { HostName, ServiceDescription, SiteId } from "@siteferry/model";
import { directive } from "./encode.ts";
import { frameOf, staleCommand } from "./templates.ts";

export const siteServicesFile = "siteferry-sites.cfg";

export interface SiteService {
  readonly site: SiteId;
  readonly description: ServiceDescription;
}

/** Without a result of the receiver for so long the core itself says UNKNOWN, seconds. */
const freshnessSeconds = 300;

/** They notify the host's contacts: nobody else would say that a site has fallen silent. */
export function siteServices(host: HostName, services: readonly SiteService[]): string {
  const blocks = services.map(({ site, description }) =>
    [
      `define service {\n${directive("use", frameOf.service.join(","))}`,
      directive("host_name", host),
      directive("service_description", description),
      directive("check_command", `${staleCommand}!${site}`),
      directive("check_freshness", 1),
      directive("freshness_threshold", freshnessSeconds),
      directive("notifications_enabled", 1),
      "}\n\n",
    ].join(""),
  );
  const head = "# Written by siteferry: how each site is. Changes are overwritten.\n\n";
  return head + blocks.join("");
}
