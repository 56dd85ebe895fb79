// livedump's object configuration into rows. Only what livedump writes is understood, as data: nothing
// inherits, nothing is evaluated, and of templates, command and time period only livedump's own may
// stand there, which are dropped.

import type { Pace } from "@siteferry/bundle";
import {
  type HostConfiguration,
  isNameFault,
  parseHostName,
  parseServiceDescription,
  printable,
  type ServiceConfiguration,
} from "@siteferry/model";
import { isBlank, type Lines, linesOfPieceMax } from "./lines.ts";
import { Register } from "./register.ts";
import { checkTemplate } from "./templates.ts";

export interface LivedumpObjects {
  readonly kind: "objects";
  readonly hosts: readonly HostConfiguration[];
  readonly services: readonly ServiceConfiguration[];
  /** Objects whose names no core could take safely, for people. */
  readonly leftOut: readonly string[];
}

type Directives = ReadonlyMap<string, string>;

/** @param first the first line of the first object. */
export async function readObjects(
  lines: Lines,
  first: string,
  pace: Pace,
): Promise<LivedumpObjects> {
  const hosts: HostConfiguration[] = [];
  const services: ServiceConfiguration[] = [];
  const register = new Register(lines);
  for (let line: string | null = first; line !== null; line = lines.nextFilled()) {
    const kind = kindOf(lines, line);
    const directives = readDirectives(lines);
    if (kind === "command" || kind === "timeperiod" || directives.has("name")) {
      checkTemplate(lines, kind, directives);
    } else if (kind === "host") {
      hosts.push(...hostOf(lines, directives, register));
    } else {
      services.push(...serviceOf(lines, directives, register));
    }
    const pause = pace.breathe();
    if (pause !== undefined) await pause;
  }
  return { kind: "objects", hosts, services, leftOut: register.leftOut };
}

const kinds = ["host", "service", "command", "timeperiod"] as const;
export type ObjectKind = (typeof kinds)[number];

function kindOf(lines: Lines, line: string): ObjectKind {
  const kind = kinds.find((one) => line === `define ${one} {`);
  if (kind !== undefined) return kind;
  throw lines.refuse(`is "${printable(line, 60)}", where an object of livedump's begins`);
}

/** To the line that is a `}`: in a value it is a character as any other. */
function readDirectives(lines: Lines): Directives {
  const directives = new Map<string, string>();
  for (let count = 0; count < linesOfPieceMax; count++) {
    const line = lines.next();
    if (line === null) throw lines.refuse("is the last one, and its object has no end");
    if (line === "}") return directives;
    // Of a service without groups.
    if (isBlank(line)) continue;
    const text = line.trim();
    const blank = text.search(/[ \t]/);
    const name = blank === -1 ? text : text.slice(0, blank);
    if (!/^[ \t]/.test(line) || !/^[a-z_]+$/.test(name)) {
      throw lines.refuse(`is "${printable(line, 60)}", which is no directive of livedump's`);
    }
    if (directives.has(name)) throw lines.refuse(`has ${name} once more`);
    directives.set(name, blank === -1 ? "" : text.slice(blank).trim());
  }
  throw lines.refuse("is of an object that is too long");
}

const ofHosts = {
  use: "livedump-host",
  required: ["use", "host_name", "alias", "address", "check_command", "max_check_attempts"],
  optional: ["host_groups", "contacts", "contact_groups", "icon_image"],
} as const;

const ofServices = {
  use: "livedump-service",
  required: ["use", "host_name", "description", "check_command", "max_check_attempts"],
  optional: ["service_groups", "contacts", "contact_groups"],
} as const;

function hostOf(
  lines: Lines,
  directives: Directives,
  register: Register,
): readonly HostConfiguration[] {
  check(lines, directives, ofHosts);
  const name = parseHostName(directives.get("host_name")!);
  if (isNameFault(name)) {
    register.leaveOut("the host", name);
    return [];
  }
  register.add(name, null);
  return [
    {
      name,
      alias: directives.get("alias")!,
      address: directives.get("address")!,
      parents: [],
      ...commonOf(lines, directives, name),
      groups: listOf(directives, "host_groups"),
    },
  ];
}

function serviceOf(
  lines: Lines,
  directives: Directives,
  register: Register,
): readonly ServiceConfiguration[] {
  check(lines, directives, ofServices);
  const host = parseHostName(directives.get("host_name")!);
  const description = parseServiceDescription(directives.get("description")!);
  if (isNameFault(host) || isNameFault(description)) {
    if (isNameFault(host)) register.leaveOut("a service of the host", host);
    else if (isNameFault(description))
      register.leaveOut(`${printable(host)}: a service`, description);
    return [];
  }
  register.add(host, description);
  return [
    {
      host_name: host,
      description,
      ...commonOf(lines, directives, description),
      groups: listOf(directives, "service_groups"),
    },
  ];
}

function check(
  lines: Lines,
  directives: Directives,
  { use, required, optional }: typeof ofHosts | typeof ofServices,
): void {
  const known: readonly string[] = [...required, ...optional];
  const other = [...directives.keys()].find((name) => !known.includes(name));
  if (other !== undefined) throw lines.refuse(`ends an object with a ${printable(other, 40)}`);
  const missing = required.find((name) => !directives.has(name));
  if (missing !== undefined) throw lines.refuse(`ends an object without ${missing}`);
  if (directives.get("use") !== use) throw lines.refuse(`ends an object that doesn't use ${use}`);
}

/** What livedump doesn't say is null, as of a core that doesn't know it. */
function commonOf(
  lines: Lines,
  directives: Directives,
  name: string,
): Omit<ServiceConfiguration, "host_name" | "description" | "groups"> {
  const attempts = directives.get("max_check_attempts")!;
  if (!/^\d{1,9}$/.test(attempts)) {
    throw lines.refuse("ends an object with max_check_attempts that are no number");
  }
  return {
    display_name: name,
    check_command: directives.get("check_command")!,
    max_check_attempts: Number(attempts),
    check_interval: null,
    retry_interval: null,
    active_checks_enabled: null,
    contacts: listOf(directives, "contacts"),
    contact_groups: listOf(directives, "contact_groups"),
    icon_image: directives.get("icon_image") ?? null,
    notes: null,
    notes_url: null,
    action_url: null,
    custom_variables: [],
  };
}

function listOf(directives: Directives, name: string): readonly string[] {
  const names = (directives.get(name) ?? "").split(",").map((entry) => entry.trim());
  return names.filter((entry) => entry !== "");
}
