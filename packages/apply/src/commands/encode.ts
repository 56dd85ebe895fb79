// A command as one line, in the escapes of a core and of the way to it.

import { Refusal } from "@siteferry/model";
import type { CommandDialect, CommandFault, CoreCommand } from "./command.ts";

/**
 * `[1234567890] NAME;arg;arg`: no line feed in it, never a command that isn't on the list. Over
 * Livestatus `COMMAND ` goes before it and an empty line behind it. Refuses (`name-bad`) what
 * {@link commandFault} finds; what {@link planCommands} plans is never refused.
 */
export function encodeCommand(command: CoreCommand, dialect: CommandDialect, atMs: number): string {
  const fault = commandFault(command, dialect);
  if (fault !== null) throw new Refusal("name-bad", fault.problem);
  throw new Error(`not written yet ${atMs}`);
}

/** Why a command can't be said in this dialect; null if it can. */
export function commandFault(command: CoreCommand, dialect: CommandDialect): CommandFault | null {
  void command;
  void dialect;
  return null;
}
