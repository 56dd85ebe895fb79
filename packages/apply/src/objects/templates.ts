// The fixed part of the object configuration: what every replicated object inherits. No word of it
// comes from a site.

export const hostTemplate = "siteferry-host";
export const serviceTemplate = "siteferry-service";

/**
 * Everything is passive and silent. Without `active_checks_enabled 0` on the host a service problem
 * would start an on-demand check of it. `max_check_attempts 1`: the site has decided already what is
 * hard. The check period is "always" because a freshness check works only inside it.
 */
const passive = `  register               0
  active_checks_enabled  0
  passive_checks_enabled 1
  check_command          siteferry-stale
  check_period           siteferry-always
  check_interval         1
  retry_interval         1
  max_check_attempts     1
  check_freshness        0
  event_handler_enabled  0
  flap_detection_enabled 0
  notifications_enabled  0
  notification_interval  0
  notification_period    siteferry-always
`;

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** The text of siteferry-templates.cfg. The command has no `;`: that begins a comment here. */
export const objectTemplates: string = `# Written by siteferry. Changes are overwritten.

define host {
  name                   ${hostTemplate}
${passive}}

define service {
  name                   ${serviceTemplate}
${passive}}

define command {
  command_name           siteferry-stale
  command_line           /bin/sh -c 'echo "UNKNOWN - no recent data from the site" && exit 3'
}

define timeperiod {
  timeperiod_name        siteferry-always
  alias                  Always
${days.map((day) => `  ${day.padEnd(22)} 00:00-24:00\n`).join("")}}
`;
