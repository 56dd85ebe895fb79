// The log of an agent: JSON lines for a collector, readable lines on a terminal. One that can't be written,
// as on a full disk, ends no run: its lines are counted, and told when there is room again.

import type { Log } from "@siteferry/model";
import { pino } from "pino";
import { openLines, type WriteSome } from "./lines.ts";
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
export async function openLog(
  { name, level, progress }: LogOptions,
  writeSome?: WriteSome,
): Promise<Log> {
  const readable = process.stderr.isTTY ? await readableLines() : (line: string) => line;
  const writeLine = openLines(writeSome);
  let lost = 0;
  let isTelling = false;
  const tell = (): void => {
    isTelling = true;
    const before = lost;
    const message = `Lines of this log that couldn't be written: ${before}`;
    log[level === "error" ? "error" : "warn"]({ lost: before }, message);
    lost = lost > before ? before : 0;
    isTelling = false;
  };
  const log: Log = pino(
    { name, level, base: { pid: process.pid } },
    {
      write(line: string) {
        progress?.hide();
        if (!writeLine(readable(line))) lost += 1;
        else if (lost > 0 && !isTelling) tell();
      },
    },
  );
  return log;
}

async function readableLines(): Promise<(line: string) => string> {
  const { prettyFactory } = await import("pino-pretty");
  return prettyFactory({
    ignore: "pid",
    translateTime: "SYS:HH:MM:ss",
    colorize: process.stderr.hasColors(),
    singleLine: true,
  });
}
