// A command of the settings: run without a shell, in a process group of its own, with a deadline, what
// it prints bounded.

import { type ChildProcess, spawn } from "node:child_process";
import { FerryError, limits, printable } from "@siteferry/model";

/** The program, and its arguments. */
export type CommandLine = readonly string[];

export interface CommandOptions {
  /** After it the command and all that it started are killed. */
  readonly timeoutMs: number;
  /** Of standard output. 0: it is thrown away, and nobody waits for it. */
  readonly outputBytesMax: number;
}

/**
 * What the command printed. It has no standard input; the end of its error output stands in the message.
 * @throws FerryError `command-failed` if it can't be started, isn't done in time or doesn't end with 0;
 *   `snapshot-too-large`
 */
export type RunCommand = (command: CommandLine, options: CommandOptions) => Promise<Uint8Array>;

/** cron's PATH is short, and programs of cores lie in sbin. */
export function commandEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "/usr/bin:/bin" } = process.env;
  return { ...process.env, PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin` };
}

export const runCommand: RunCommand = async (command, { timeoutMs, outputBytesMax }) => {
  const [program = "", ...parameters] = command;
  const shown = printable(command.join(" "), 200);
  const wantsOutput = outputBytesMax > 0;
  const child = spawn(program, parameters, {
    detached: true,
    env: commandEnvironment(),
    stdio: ["ignore", wantsOutput ? "pipe" : "ignore", "pipe"],
  });
  const errors = new Tail();
  child.stderr?.on("data", (chunk: Buffer) => errors.add(chunk));
  const output: Buffer[] = [];
  let outputBytes = 0;
  let fault: FerryError | null = null;
  const stop = (failure: FerryError): void => {
    fault ??= failure;
    killGroup(child);
  };
  child.stdout?.on("data", (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes <= outputBytesMax) output.push(chunk);
    else stop(new FerryError("snapshot-too-large", `${shown} prints over ${outputBytesMax} bytes`));
  });
  const late = `${shown} isn't done after ${timeoutMs / 1000} s`;
  const timer = setTimeout(() => stop(new FerryError("command-failed", late)), timeoutMs);
  try {
    const end = await endOf(child, wantsOutput);
    if (fault !== null) throw withWords(fault, errors);
    if (end === "ended with 0") return Buffer.concat(output);
    throw withWords(new FerryError("command-failed", `${shown} ${end}`), errors);
  } finally {
    clearTimeout(timer);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
};

/** How long the last words of a command that has ended may be on their way. */
const wordsMs = 200;

/** A core that is started in the background holds the pipes for days: only output is waited for. */
async function endOf(child: ChildProcess, wantsOutput: boolean): Promise<string> {
  return await new Promise((resolve) => {
    const end = (status: number | null, signal: string | null): void =>
      resolve(signal === null ? `ended with ${status}` : `was ended by ${signal}`);
    child.once("error", (error) => resolve(`can't be started: ${error.message}`));
    child.once("close", end);
    if (!wantsOutput) {
      child.once("exit", (status, signal) => setTimeout(() => end(status, signal), wordsMs));
    }
  });
}

/** With whatever the command started and left in its group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function withWords({ code, message }: FerryError, errors: Tail): FerryError {
  const words = errors.text();
  return new FerryError(code, words === "" ? message : `${message}: ${words}`);
}

/** The end of what came. */
class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(-limits.dumpErrorBytesMax);
  }

  text(): string {
    const lines = this.#bytes.toString("utf8").trim().split("\n").slice(-5);
    return printable(lines.map((line) => line.trim()).join(" | "), 500);
  }
}
