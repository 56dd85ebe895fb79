// `siteferry dump -T` and `-M`: what livedump prints before the objects.

/**
 * The templates. `use check_mk_default` is livedump's and exists only in a Checkmk site; on another
 * core, write your own livedump-host instead of using `-T`.
 * @param checkInterval `-i`, in the core's units, or null.
 */
export function formatLivedumpTemplates(checkInterval: number | null): string {
  const interval = checkInterval === null ? "" : template("check_interval", String(checkInterval));
  // An unescaped `;` begins a comment: livedump's own command loses its exit code that way.
  const command = 'echo "WARN - You did an active check, but this check is passive" \\; exit 1';
  return `define host {
${template("name", "livedump-host")}${template("use", "check_mk_default")}${passive}${interval}}

define service {
${template("name", "livedump-service")}${passive}${template("check_period", "0x0")}${interval}}

define command {
${template("command_name", "check-livedump")}${template("command_line", command)}}

define timeperiod {
${template("timeperiod_name", "0x0")}${template("alias", "Never ever")}}

`;
}

/** `-M`: the first line, by which livedump-ssh-recv tells what follows. `site` is $OMD_SITE. */
export function formatLivedumpMark(
  content: { kind: "status" } | { kind: "config"; site: string },
): string {
  return content.kind === "status" ? "status\n" : `config ${content.site}\n`;
}

const passive =
  template("register", "0") +
  template("active_checks_enabled", "0") +
  template("passive_checks_enabled", "1");

function template(directive: string, value: string): string {
  return `  ${directive.padEnd(23)} ${value}\n`;
}
