// One measured run of a program, in a process of its own, as a user starts it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { devNull } from "node:os";

export interface Run {
  readonly wallMs: number;
  /** Processor time, user and system, of all threads. */
  readonly cpuMs: number;
  /** Peak resident memory. */
  readonly peakBytes: number;
}

export interface Program {
  /** What follows `node` on the command line. */
  readonly arguments: readonly string[];
  /** Takes standard output. */
  readonly output?: string;
}

const preload = new URL("usage.js", import.meta.url);

/** Fails, with what the program said, if its exit status isn't 0. */
export async function measure(
  program: Program,
  directory: string,
  signal: AbortSignal,
): Promise<Run> {
  const usageFile = `${directory}/usage`;
  const errorFile = `${directory}/stderr`;
  const [output, errors] = [await open(program.output ?? devNull, "w"), await open(errorFile, "w")];
  try {
    const begun = performance.now();
    const child = spawn(process.execPath, ["--import", preload.href, ...program.arguments], {
      stdio: ["ignore", output.fd, errors.fd],
      env: { ...process.env, SITEFERRY_BENCH_USAGE: usageFile },
      signal,
    });
    const [status] = await once(child, "exit");
    const wallMs = performance.now() - begun;
    if (status !== 0) {
      throw new Error(`${program.arguments.join(" ")}: ${await readFile(errorFile, "utf8")}`);
    }
    const usage = JSON.parse(await readFile(usageFile, "utf8")) as Record<string, number>;
    return {
      wallMs,
      cpuMs: usage["cpuMicroseconds"]! / 1000,
      peakBytes: usage["maxRSS"]! * 1024,
    };
  } finally {
    await output.close();
    await errors.close();
  }
}

export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Of each number by itself. */
export function median(runs: readonly Run[]): Run {
  return {
    wallMs: middle(runs.map(({ wallMs }) => wallMs)),
    cpuMs: middle(runs.map(({ cpuMs }) => cpuMs)),
    peakBytes: middle(runs.map(({ peakBytes }) => peakBytes)),
  };
}
