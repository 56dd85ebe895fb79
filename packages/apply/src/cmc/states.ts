// A vendor's state dump (`cmcdump`) → commands for the centre's Livestatus. It would run any command, so
// it is handed only the two that a dump is made of, and only for hosts of the site.

import {
  type HostName,
  isNameFault,
  limits,
  parseHostName,
  parseServiceDescription,
  printable,
  Refusal,
  type Seconds,
} from "@siteferry/model";

export interface StateCommand {
  readonly time: Seconds;
  readonly name: "UPDATE_SHADOW_HOST_STATE" | "UPDATE_SHADOW_SERVICE_STATE";
  /** As the site calls it. */
  readonly host: HostName;
  /** What follows the host's name and a semicolon: one line without control characters. */
  readonly rest: string;
}

const command =
  /^COMMAND \[([0-9]{10})\] (UPDATE_SHADOW_HOST_STATE|UPDATE_SHADOW_SERVICE_STATE);([^;]+);(.+)$/su;

/**
 * The commands of a dump; blank lines may stand between them. Control characters in what plugins
 * printed become blanks. Refuses with `dump-command`, `name-bad`, `record-too-long`.
 */
export function* readStates(text: string): Generator<StateCommand, void> {
  let number = 0;
  for (let start = 0; start < text.length;) {
    number += 1;
    const lineEnd = text.indexOf("\n", start);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const line = text.slice(start, end);
    start = end + 1;
    if (line === "" || line === "\r") continue;
    yield readState(line, `states.txt line ${number}`);
  }
}

function readState(line: string, where: string): StateCommand {
  if (line.length > limits.recordBytesMax) {
    throw new Refusal("record-too-long", `${where} has ${line.length} characters`);
  }
  const [, time, name, hostText = "", rest = ""] = command.exec(line) ?? [];
  if (time === undefined) {
    const shown = printable(line);
    throw new Refusal("dump-command", `${where} is no update of a shadow object's state: ${shown}`);
  }
  const host = parseHostName(hostText);
  if (isNameFault(host)) throw badName(where, "host", host.shown, host.problem);
  const isService = name === "UPDATE_SHADOW_SERVICE_STATE";
  if (isService) checkService(rest, where);
  return {
    time: Number(time),
    name: name as StateCommand["name"],
    host,
    rest: rest.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ").trimEnd(),
  };
}

function checkService(rest: string, where: string): void {
  const end = rest.indexOf(";");
  const service = parseServiceDescription(end === -1 ? rest : rest.slice(0, end));
  if (isNameFault(service)) throw badName(where, "service", service.shown, service.problem);
}

function badName(where: string, what: string, shown: string, problem: string): Refusal {
  return new Refusal("name-bad", `${where}: the ${what} name "${shown}" ${problem}`);
}

/** The command as Livestatus takes it, without its time, for a host under its name at the centre. */
export function stateCommandLine({ name, rest }: StateCommand, host: HostName): string {
  return `${name};${host};${rest}`;
}
