// The fixed part of the object configuration: what every replicated object inherits. No word of it
// comes from a site.

/**
 * The first template of every object: nothing overrides it. Without `active_checks_enabled 0` on the
 * host a service problem would start an on-demand check of it. The check period is "always" because a
 * freshness check works only inside it.
 */
const passive = `  register               0
  active_checks_enabled  0
  passive_checks_enabled 1
  event_handler_enabled  0
  check_command          siteferry-stale
  check_period           siteferry-always
`;

/** The last template: what a template of the operator's may say otherwise. */
const defaults = `  register               0
  check_interval         1
  retry_interval         1
  max_check_attempts     1
  check_freshness        0
  flap_detection_enabled 0
  notifications_enabled  0
  notification_interval  0
  notification_period    siteferry-always
`;

const kinds = ["host", "service"] as const;
const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** The templates of all objects of one kind: the first and the last in a `use`. */
export const frameOf = {
  host: ["siteferry-passive-host", "siteferry-host"],
  service: ["siteferry-passive-service", "siteferry-service"],
} as const;

export const staleCommand = "siteferry-stale";

/**
 * The text of siteferry-templates.cfg. `recordsDirectory` has one directory a site, in which the file
 * `record` is as old as the site's last bundle: `<spool>/receiver/sites`.
 */
export function objectTemplates(recordsDirectory: string): string {
  const templates = kinds.map(
    (kind) => `define ${kind} {
  name                   ${frameOf[kind][0]}
${passive}}

define ${kind} {
  name                   ${frameOf[kind][1]}
${defaults}}

`,
  );
  return `# Written by siteferry. Changes are overwritten.

${templates.join("")}define command {
  command_name           ${staleCommand}
  command_line           ${staleCommandLine(recordsDirectory)}
}

define timeperiod {
  timeperiod_name        siteferry-always
  alias                  Always
${days.map((day) => `  ${day.padEnd(22)} 00:00-24:00\n`).join("")}}
`;
}

/** `$ARG1$` is the site. No `;`: that begins a comment here. */
function staleCommandLine(recordsDirectory: string): string {
  const isPlain = /^[\w./-]+$/.test(recordsDirectory);
  const time = `date -r ${recordsDirectory}/$ARG1$/record +%FT%T%z 2>/dev/null || echo long ago`;
  const since = isPlain ? `since \`${time}\`` : "for too long";
  return `/bin/sh -c 'echo "UNKNOWN - no data from $ARG1$ ${since}" && exit 3'`;
}
