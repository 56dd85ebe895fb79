// The fixed part of the package: what every replicated object inherits. No word of it comes from a site.

export const icinga2HostTemplate = "siteferry-host";
export const icinga2ServiceTemplate = "siteferry-service";

/**
 * Everything is passive and silent. `max_check_attempts` 1: the site has decided already what is hard.
 * The command would only run if a template of the operator's turned active checks on.
 */
const passive = `  check_command = "passive"
  enable_active_checks = false
  enable_passive_checks = true
  max_check_attempts = 1
  enable_notifications = false
  enable_flapping = false
  enable_event_handler = false
`;

export const icinga2Templates: string = `// Written by siteferry, uploaded through the API. Changes are overwritten.

template Host "${icinga2HostTemplate}" {
${passive}}

template Service "${icinga2ServiceTemplate}" {
${passive}}

`;
