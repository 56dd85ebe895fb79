// siteferry as its users run it: a process of its own, with its exit status and what it printed.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The log lines, JSON, that stand on standard error. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

export interface RunOptions {
  /** The executable, after what runs it; the sources without. */
  readonly program?: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** The number of a user and of its group, in place of our own; only root can. */
  readonly user?: number;
  /** For standard input, which is empty without it. */
  readonly input?: string;
}

/** Starts it; for daemons. */
export function startSiteferry(
  parameters: readonly string[],
  { program = [process.execPath, bin], environment = {}, user, input }: RunOptions = {},
): ChildProcess {
  const { OMD_ROOT: _root, OMD_SITE: _site, ...inherited } = process.env;
  const [file, ...words] = program;
  const child = spawn(file, [...words, ...parameters], {
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    env: { ...inherited, ...environment },
    ...(user !== undefined && { uid: user, gid: user }),
  });
  child.stdin?.end(input);
  return child;
}

/** Runs it to its end. */
export async function siteferry(
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<Run> {
  const child = startSiteferry(parameters, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [status] = (await once(child, "close")) as [number | null];
  const text = Buffer.concat(stderr).toString();
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: text, log: logLines(text) };
}

function logLines(text: string): Readonly<Record<string, unknown>>[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
