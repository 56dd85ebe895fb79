// The log of an agent: JSON lines for a collector, readable lines on a terminal. Written
// synchronously: with a worker or an asynchronous destination the last lines are lost at exit,
// which are the ones that matter.

import type { Log } from "@siteferry/model";
import { destination, pino } from "pino";
import type { ProgressLine } from "./progress-line.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LogOptions {
  /** Names the agent in each line: `sender` or `receiver`. */
  readonly name: string;
  readonly level: LogLevel;
  /** On the same terminal: it makes room for each line. */
  readonly progress?: ProgressLine | null;
}

/** Lines go to standard error: standard output belongs to data. */
export async function openLog({ name, level, progress }: LogOptions): Promise<Log> {
  const options = { name, level, base: { pid: process.pid } };
  const { stderr } = process;
  if (!stderr.isTTY) {
    const lines: Log = pino(options, destination({ dest: 2, sync: true }));
    return lines;
  }
  const { prettyFactory } = await import("pino-pretty");
  const readable = prettyFactory({
    ignore: "pid",
    translateTime: "SYS:HH:MM:ss",
    colorize: stderr.hasColors(),
    singleLine: true,
  });
  const onTerminal: Log = pino(options, {
    write(line: string) {
      progress?.hide();
      stderr.write(readable(line));
    },
  });
  return onTerminal;
}
