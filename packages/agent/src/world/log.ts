// The log of an agent: JSON lines for a collector, readable lines on a terminal. Written
// synchronously: with a worker or an asynchronous destination the last lines are lost at exit,
// which are the ones that matter.

import type { Log } from "@siteferry/model";
import { destination, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LogOptions {
  /** Names the agent in each line: `sender` or `receiver`. */
  readonly name: string;
  readonly level: LogLevel;
}

/** Lines go to standard error: standard output belongs to data. */
export async function openLog({ name, level }: LogOptions): Promise<Log> {
  const options = { name, level, base: { pid: process.pid } };
  if (!process.stderr.isTTY) {
    const lines: Log = pino(options, destination({ dest: 2, sync: true }));
    return lines;
  }
  const { default: pretty } = await import("pino-pretty");
  const readable: Log = pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      ignore: "pid",
      translateTime: "SYS:HH:MM:ss",
      colorize: process.env["NO_COLOR"] === undefined,
      singleLine: true,
    }),
  );
  return readable;
}
