// What the service of a site is called at the centre.

import {
  isNameFault,
  parseServiceDescription,
  type ServiceDescription,
  type SiteId,
} from "@siteferry/model";
import type { ReceiverSettings } from "../settings.ts";

/** Null where it would be no name: the settings were checked for that. */
export function serviceOf(
  { health }: Pick<ReceiverSettings, "health">,
  site: SiteId,
): ServiceDescription | null {
  const name = parseServiceDescription(health.service.replaceAll("{site}", site));
  return isNameFault(name) ? null : name;
}
