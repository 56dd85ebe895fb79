// A command as one line, in the escapes of a core and of the way to it. The names of commands stand
// here and nowhere else.

import { limits, printable, Refusal, type Seconds } from "@siteferry/model";
import type { CommandDialect, CommandFault, CoreCommand } from "./command.ts";
import { resultOutput } from "./result-output.ts";
import { byteLength } from "./texts.ts";

/**
 * Bytes of a line. A pipe keeps 4096 together, with the line feed, when others write into it as well;
 * naemon-livestatus reads lines of 65,536, with `COMMAND ` before it.
 */
const lineBytesMax: Readonly<Record<CommandDialect["way"], number>> = {
  file: 4095,
  socket: 65_000,
};

/**
 * `[1234567890] NAME;arg;arg`: no line feed in it, never a command that isn't on the list. Over
 * Livestatus `COMMAND ` goes before it and an empty line behind it. Refuses (`name-bad`) what
 * {@link commandFault} finds; what `planCommands` plans is never refused.
 */
export function encodeCommand(command: CoreCommand, dialect: CommandDialect, atMs: number): string {
  const problem = contentProblem(command, dialect);
  const line = problem === null ? lineOf(command, dialect, atMs) : "";
  const fault = problem ?? lengthProblem(line, dialect);
  if (fault !== null) throw new Refusal("name-bad", faultOf(command, fault).problem);
  return line;
}

/** Why a command can't be said in this dialect; null if it can. */
export function commandFault(command: CoreCommand, dialect: CommandDialect): CommandFault | null {
  const problem =
    contentProblem(command, dialect) ?? lengthProblem(lineOf(command, dialect, 0), dialect);
  return problem === null ? null : faultOf(command, problem);
}

function contentProblem(command: CoreCommand, dialect: CommandDialect): string | null {
  const { host, service } = command.at;
  return (
    nameProblem(host) ??
    (service === null ? null : nameProblem(service)) ??
    argumentProblem(command, dialect)
  );
}

function lengthProblem(line: string, { way }: CommandDialect): string | null {
  const bytes = byteLength(line);
  return bytes > lineBytesMax[way] ? `it makes a line of ${bytes} bytes` : null;
}

function faultOf({ kind, at }: CoreCommand, problem: string): CommandFault {
  const object = at.service === null ? at.host : `${at.host}/${at.service}`;
  return { problem: `${kind} of ${printable(object)}: ${problem}` };
}

/** Names have passed the model's own check; this one is the command's, whatever that one lets pass. */
function nameProblem(name: string): string | null {
  if (name === "" || name.trim() !== name) return "a name is empty or has a blank at an end";
  if (unsayable.test(name)) return "a name has a control character or a semicolon";
  return null;
}

const unsayable = /[;\p{Cc}\u2028\u2029]/u;

function argumentProblem(command: CoreCommand, dialect: CommandDialect): string | null {
  switch (command.kind) {
    case "acknowledge":
    case "add-comment":
      return textProblem(command);
    case "schedule-downtime": {
      const { startTime, endTime, fixed, duration, triggeredBy } = command;
      if (![startTime, endTime, duration, triggeredBy].every(isCount))
        return "a number is no count";
      if (startTime >= endTime) return "it ends before it begins";
      if (fixed === 0 && duration === 0) return "it is flexible and lasts no time";
      return textProblem(command);
    }
    case "delete-downtime":
    case "delete-comment":
      return isCount(command.id) && command.id > 0 ? null : "it has no id";
    case "check-result":
      return resultProblem(command);
    case "custom-variable":
      if (!/^[A-Za-z0-9_]{1,128}$/.test(command.variable)) return "the variable has a strange name";
      if (command.value === "") return "the value is empty";
      // Nagios ends the value at a semicolon.
      return dialect.core === "nagios" && command.value.includes(";")
        ? "the value has a semicolon"
        : oneLineProblem(command.value);
    case "remove-acknowledgement":
      return null;
  }
}

function textProblem({ author, text }: { author: string; text: string }): string | null {
  if (author === "" || text === "") return "the author or the text is empty";
  if (unsayable.test(author)) return "the author has a control character or a semicolon";
  return oneLineProblem(text);
}

function oneLineProblem(text: string): string | null {
  return /[\p{Cc}\u2028\u2029]/u.test(text) ? "a text has a control character" : null;
}

function resultProblem({
  at,
  state,
}: Extract<CoreCommand, { kind: "check-result" }>): string | null {
  const stateMax = limits.stateMax[at.service === null ? "host_states" : "service_states"];
  return isCount(state) && state <= stateMax ? null : "no core knows the state";
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function lineOf(command: CoreCommand, dialect: CommandDialect, atMs: number): string {
  const [name, ...rest] = wordsOf(command);
  const { host, service } = command.at;
  const target = needsNoTarget(command) ? [] : service === null ? [host] : [host, service];
  const words = [...target, ...rest].map((word) => escape(String(word), dialect));
  if (command.kind === "check-result") words.push(...resultWords(command, dialect));
  const time = timeOf(command, dialect) ?? Math.floor(atMs / 1000);
  return `[${bracket(time)}] ${[name, ...words].join(";")}`;
}

/** Those go by an id alone. */
function needsNoTarget({ kind }: CoreCommand): boolean {
  return kind === "delete-downtime" || kind === "delete-comment";
}

/** The name, and what follows the object. Never asks for a notification. */
function wordsOf(command: CoreCommand): (string | number)[] {
  const isHost = command.at.service === null;
  const kind = isHost ? "HOST" : "SVC";
  switch (command.kind) {
    case "acknowledge": {
      const { sticky, author, text } = command;
      // Not persistent: its comment goes with it.
      return [`ACKNOWLEDGE_${kind}_PROBLEM`, sticky ? 2 : 1, 0, 0, author, text];
    }
    case "remove-acknowledgement":
      return [`REMOVE_${kind}_ACKNOWLEDGEMENT`];
    case "schedule-downtime": {
      const { startTime, endTime, fixed, triggeredBy, duration, author, text } = command;
      const when = [startTime, endTime, fixed, triggeredBy, duration];
      return [`SCHEDULE_${kind}_DOWNTIME`, ...when, author, text];
    }
    case "delete-downtime":
      return [`DEL_${kind}_DOWNTIME`, command.id];
    case "add-comment":
      return [`ADD_${kind}_COMMENT`, command.persistent, command.author, command.text];
    case "delete-comment":
      return [`DEL_${kind}_COMMENT`, command.id];
    case "check-result":
      return [`PROCESS_${isHost ? "HOST" : "SERVICE"}_CHECK_RESULT`];
    case "custom-variable":
      return [`CHANGE_CUSTOM_${kind}_VAR`, command.variable, command.value];
  }
}

/** The state, and the output in escapes of its own. */
function resultWords(
  { at, state, output }: Extract<CoreCommand, { kind: "check-result" }>,
  dialect: CommandDialect,
): string[] {
  // Of hosts Icinga 2 takes only up and down.
  const stateThere = dialect.core === "icinga2" && at.service === null ? Math.min(state, 1) : state;
  const namesBytes = byteLength(at.host) + byteLength(at.service ?? "");
  // 60 for the bracket, the command's name, the state and what separates them.
  const bytesMax = lineBytesMax[dialect.way] - 60 - 2 * namesBytes;
  return [String(stateThere), resultOutput(output, at, dialect, bytesMax)];
}

/**
 * naemon-livestatus undoes every backslash of a command: `\n` is a line feed, any other character itself.
 * The others hand on what they get.
 */
function escape(word: string, { core, way }: CommandDialect): string {
  return core === "naemon" && way === "socket" ? word.replaceAll("\\", "\\\\") : word;
}

/** What stands in the bracket if the core takes it for the time of the thing itself. */
function timeOf(command: CoreCommand, { core }: CommandDialect): Seconds | null {
  if (command.kind === "check-result") return command.checkTime;
  if (command.kind !== "add-comment" && command.kind !== "schedule-downtime") return null;
  return (core === "nagios" || core === "naemon") && command.entryTime > 0
    ? command.entryTime
    : null;
}

/** Ten digits, or Checkmk drops the command without a word; not zero, or Icinga 2 does. */
function bracket(time: Seconds): string {
  const seconds = Math.min(Math.max(1, Math.trunc(time)), limits.timeEnd);
  return String(Number.isNaN(seconds) ? 1 : seconds).padStart(10, "0");
}
