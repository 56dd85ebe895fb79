// What an activation needs of the running core and of the operator's commands; handed in, so that a
// test can be the core.

export interface CommandResult {
  /** Null: it didn't end in time, or a signal ended it. */
  readonly status: number | null;
  /** Both outputs, the end of them; not printable yet. */
  readonly output: string;
}

export interface CoreControl {
  /**
   * Runs an operator's command without a shell, at most so long; then it is killed with all that it
   * started. @throws FerryError `command-failed` if it can't be started.
   */
  run(command: readonly string[], timeoutMs: number): Promise<CommandResult>;
  /** Whether the core answers at its query socket (Nagios 4, Naemon); never throws. */
  answers(querySocket: string): Promise<boolean>;
  /** Writes a line into the core's command file. False: no core reads it. */
  command(commandFile: string, line: string): Promise<boolean>;
  /** The only time that passes in an activation. */
  wait(milliseconds: number): Promise<void>;
}
