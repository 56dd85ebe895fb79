// livedump's states, records of the core's check-result spool, into rows. Two write them: Checkmk's
// livedump, known by its bare `reschedule_check`, and `siteferry dump`, which escapes and has the check's
// own times. docs/livedump.md says what the first one can't tell.

import type { Pace } from "@siteferry/bundle";
import {
  type HostState,
  isNameFault,
  limits,
  parseHostName,
  parseServiceDescription,
  printable,
  type ServiceState,
} from "@siteferry/model";
import { isBlank, type Lines } from "./lines.ts";
import { Register } from "./register.ts";

export interface LivedumpStates {
  readonly kind: "states";
  readonly hosts: readonly HostState[];
  readonly services: readonly ServiceState[];
  /** Objects whose names no core could take safely, for people. */
  readonly leftOut: readonly string[];
}

type CommonState = Omit<HostState, "name">;

/** @param first the first line of the first record. */
export async function readStates(lines: Lines, first: string, pace: Pace): Promise<LivedumpStates> {
  const hosts: HostState[] = [];
  const services: ServiceState[] = [];
  const register = new Register(lines);
  for (let line: string | null = first; line !== null; line = lines.nextFilled()) {
    const fields = readRecord(lines, line);
    const service = fields.get("service_description");
    const state = stateOf(
      lines,
      fields,
      limits.stateMax[service === undefined ? "host_states" : "service_states"],
    );
    const name = parseHostName(fields.get("host_name")!);
    const description = service === undefined ? null : parseServiceDescription(service);
    if (isNameFault(name)) register.leaveOut("the host", name);
    else if (isNameFault(description))
      register.leaveOut(`${printable(name)}: the service`, description);
    else {
      register.add(name, description);
      if (description === null) hosts.push({ name, ...state });
      else services.push({ host_name: name, description, ...state });
    }
    const pause = pace.breathe();
    if (pause !== undefined) await pause;
  }
  return { kind: "states", hosts, services, leftOut: register.leftOut };
}

/** What may stand in a record; those that livedump always writes alike can't say anything else. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  check_type: ["1"],
  check_options: ["0"],
  scheduled_check: ["0"],
  reschedule_check: ["", "0"],
  early_timeout: ["0"],
  exited_ok: ["1"],
};
const required = [
  "host_name",
  "check_type",
  "check_options",
  "reschedule_check",
  "latency",
  "start_time",
  "finish_time",
  "return_code",
  "output",
] as const;
const known: ReadonlySet<string> = new Set([
  ...required,
  ...Object.keys(fixed),
  "service_description",
]);

/** To its blank line. `output` comes last: a line feed in it would be the beginning of a forged record. */
function readRecord(lines: Lines, first: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let line: string | null = first; ; line = lines.next()) {
    if (line === null) throw lines.refuse("is the last one, and its record has no end");
    if (isBlank(line)) break;
    if (fields.has("output")) throw lines.refuse("follows an output: does that hold a line feed?");
    const equals: number = line.indexOf("=");
    const key = equals === -1 ? line : line.slice(0, equals);
    const value = equals === -1 ? "" : line.slice(equals + 1);
    const isBare = equals === -1 && key !== "reschedule_check";
    if (isBare || !known.has(key)) throw lines.refuse(`has "${printable(key, 40)}"`);
    if (fields.has(key)) throw lines.refuse(`has ${key} once more`);
    if (fixed[key]?.includes(value) === false) throw lines.refuse(`has a ${key} of its own`);
    fields.set(key, value);
  }
  const missing = required.find((key) => !fields.has(key));
  if (missing !== undefined) throw lines.refuse(`ends a record without ${missing}`);
  return fields;
}

function stateOf(lines: Lines, fields: ReadonlyMap<string, string>, stateMax: number): CommonState {
  const field = (key: (typeof required)[number]): string => fields.get(key)!;
  const isOwn = field("reschedule_check") === "0";
  const start = timeOf(lines, field("start_time"));
  const finish = timeOf(lines, field("finish_time"));
  const latency = field("latency");
  if (!/^-?\d{1,9}(\.\d{1,30})?$/.test(latency))
    throw lines.refuse("ends a record with a bad latency");
  const code = field("return_code");
  if (!/^\d$/.test(code) || Number(code) > stateMax) {
    throw lines.refuse("ends a record with a return_code that is no state");
  }
  const output = field("output");
  if (!isOwn && code === "0" && output === "|") return neverChecked;
  const ran = (finish.seconds - start.seconds) * 1e6 + finish.fraction - start.fraction;
  return {
    ...unknown,
    has_been_checked: 1,
    state: Number(code),
    state_type: 1,
    current_attempt: 1,
    last_check: start.seconds,
    latency: Math.max(0, Number(latency)),
    execution_time: isOwn ? Math.max(0, ran) / 1e6 : 0,
    ...(isOwn ? undoEscapes(output) : textsOf(lines, output)),
  };
}

/** The fraction is a count of microseconds, or with Checkmk's livedump something that is never used. */
function timeOf(
  lines: Lines,
  text: string,
): { readonly seconds: number; readonly fraction: number } {
  const [, seconds = "", fraction = ""] = /^(\d{1,10})\.(\d{1,6})$/.exec(text) ?? [];
  const isTime = seconds !== "" && Number(seconds) > 0 && Number(seconds) < limits.timeEnd;
  if (!isTime) throw lines.refuse("ends a record with a time that is none");
  return { seconds: Number(seconds), fraction: Number(fraction) };
}

type Texts = Pick<CommonState, "plugin_output" | "perf_data" | "long_plugin_output">;

/** Checkmk's livedump escapes nothing, and puts a `|` between the two even where they are empty. */
function textsOf(lines: Lines, output: string): Texts {
  const bar = output.indexOf("|");
  if (bar === -1) throw lines.refuse("ends an output that has no |: does it hold a line feed?");
  return {
    plugin_output: output.slice(0, bar),
    perf_data: output.slice(bar + 1),
    long_plugin_output: "",
  };
}

/** As Nagios reads it. A text that is one blank stands for an empty one. */
function undoEscapes(output: string): Texts {
  const text = output.replace(/\\([\\n])/g, (_all, character) => (character === "n" ? "\n" : "\\"));
  const [first = "", ...long] = text.split("\n");
  const bar = first.indexOf("|");
  const shown = bar === -1 ? first : first.slice(0, bar);
  return {
    plugin_output: shown === " " ? "" : shown,
    perf_data: bar === -1 ? "" : first.slice(bar + 1),
    long_plugin_output: long.join("\n"),
  };
}

/** livedump says nothing of these. */
const unknown = {
  last_state_change: 0,
  last_hard_state: null,
  last_hard_state_change: null,
  acknowledged: 0,
  acknowledgement_type: null,
  scheduled_downtime_depth: 0,
  is_flapping: null,
  percent_state_change: null,
  staleness: null,
} as const;

/** Checkmk's livedump makes it OK, without any text; no plugin does. */
const neverChecked: CommonState = {
  ...unknown,
  has_been_checked: 0,
  state: 0,
  state_type: 0,
  current_attempt: 0,
  last_check: 0,
  latency: 0,
  execution_time: 0,
  plugin_output: "",
  long_plugin_output: "",
  perf_data: "",
};
