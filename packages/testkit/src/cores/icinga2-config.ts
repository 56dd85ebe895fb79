// The configuration of an Icinga 2 for tests: the daemon's frame, and hosts and services that are
// checked exactly when a test says so. The language: https://icinga.com/docs/icinga-2, chapter 17.

/** A value of an attribute; an object becomes a dictionary. */
type Icinga2Value =
  | string
  | number
  | boolean
  | readonly Icinga2Value[]
  | { readonly [key: string]: Icinga2Value };

/** Attributes as Icinga 2 names them: `address`, `groups`, `vars`, `max_check_attempts`, … */
export type Icinga2Attributes = Readonly<Record<string, Icinga2Value>>;

/** A host that nothing checks until a test runs its check or sends a result. */
export function icinga2Host(name: string, attributes: Icinga2Attributes = {}): string {
  return icinga2Object("Host", name, { ...checkedOnDemand, ...attributes });
}

/** As {@link icinga2Host}. A description can't hold `!`, which separates the parts of full names. */
export function icinga2Service(
  host: string,
  description: string,
  attributes: Icinga2Attributes = {},
): string {
  const all = { host_name: host, ...checkedOnDemand, ...attributes };
  return icinga2Object("Service", description, all);
}

const checkedOnDemand = { check_command: "answer", enable_active_checks: false } as const;

/** Any object, such as a `HostGroup` (its livestatus alias is `display_name`) or a `User`. */
export function icinga2Object(
  type: string,
  name: string,
  attributes: Icinga2Attributes = {},
): string {
  const lines = Object.entries(attributes).map(([key, value]) => `  ${key} = ${literal(value)}\n`);
  return `object ${type} ${literal(name)} {\n${lines.join("")}}\n`;
}

function literal(value: Icinga2Value): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[ ${value.map(literal).join(", ")} ]`;
  const entries = Object.entries(value).map(([key, item]) => `${quoted(key)} = ${literal(item)}`);
  return `{ ${entries.join("; ")} }`;
}

function isList(value: Icinga2Value): value is readonly Icinga2Value[] {
  return Array.isArray(value);
}

function quoted(text: string): string {
  const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return `"${text.replace(/["\\\n\r\t]/g, (c) => named[c] ?? `\\${c}`)}"`;
}

/** Where the plugin finds what it shall answer for an object, relative to the answers' directory. */
export function answerFile(host: string, service = ""): string {
  return `${host}!${service}`.replaceAll("/", "%2F");
}

// The state in the first line, seconds to wait in the second, then the output, byte for byte.
const plugin = '{ read -r state; read -r seconds; sleep "$seconds"; cat; exit "$state"; } <"$0"';

export interface Icinga2Frame {
  readonly answerDirectory: string;
  readonly socketPath: string;
  readonly port: number;
}

/** What the daemon needs beside hosts and services. */
export function icinga2Frame({ answerDirectory, socketPath, port }: Icinga2Frame): string {
  // A command that a function returns isn't searched for macros, so the shell's own `$` stays.
  const file = `macro("$host.name$") + "!" + (macro("$service.name$") || "")`;
  return `include <itl>
library "livestatus"
const NodeName = "siteferry-test"
object Endpoint NodeName { }
object Zone "siteferry-test" { endpoints = [ NodeName ] }
object CheckerComponent "checker" { }
object ExternalCommandListener "command" { command_path = ${quoted(`${socketPath}.cmd`)} }
object LivestatusListener "unix" { socket_type = "unix"; socket_path = ${quoted(socketPath)} }
object LivestatusListener "tcp" {
  socket_type = "tcp"
  bind_host = "127.0.0.1"
  bind_port = ${port}
}
object CheckCommand "answer" {
  command = {{
    [ "/bin/sh", "-c", ${quoted(plugin)}, ${quoted(`${answerDirectory}/`)} + (${file}).replace("/", "%2F") ]
  }}
}
`;
}
