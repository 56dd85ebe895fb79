// The services that show how each site is, on a host of the centre's own, in Icinga 2's language.

import type { HostName } from "@siteferry/model";
import type { SiteService } from "../objects/site-services.ts";
import { literal } from "./encode.ts";

/** Without a result of the receiver for so long the core itself says UNKNOWN, seconds. */
const freshnessSeconds = 300;

/** Where they lie in a stage, for a host of this zone; "": the core's own. */
export function siteServicesPath(zone: string): string {
  const isName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(zone);
  return `${isName ? `zones.d/${zone}` : "conf.d"}/siteferry-sites.conf`;
}

/**
 * The active check is Icinga 2's way to say that results stay away: each result puts it off by `check_interval`.
 * No template, as those of the sites' objects may belong to another zone. They notify, as nobody else would say
 * that a site has fallen silent.
 */
export function icinga2SiteServices(host: HostName, services: readonly SiteService[]): string {
  const objects = services.map(
    ({ site, description }) => `object Service ${literal(description)} {
  host_name = ${literal(host)}
  check_command = "passive"
  enable_active_checks = true
  check_interval = ${freshnessSeconds}
  max_check_attempts = 1
  enable_flapping = false
  enable_event_handler = false
  vars.dummy_text = "UNKNOWN - the receiver has said nothing about ${site} for 5 minutes"
  vars.siteferry_health = ${literal(site)}
}
`,
  );
  const head = "// Written by siteferry: how each site is. Changes are overwritten.\n";
  return [head, ...objects].join("\n");
}
