// A program of the operator's: fed, heard within bounds, and judged when it ends. One of its own children
// may live on with its pipes, as ssh's master does with ControlPersist: nobody waits for that.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { FerryError, printable } from "@siteferry/model";
import type { OnSent } from "../transport.ts";
import { type Ending, listenTo } from "./ending.ts";

export interface CommandOptions {
  /** For messages. */
  readonly what: string;
  /** What it gets on standard input. */
  readonly input?: Uint8Array;
  readonly onSent?: OnSent | undefined;
  /** How long it may take. */
  readonly limitMs: number;
  /** How long it may go without taking or saying anything; without it as long as `limitMs`. */
  readonly silenceMs?: number;
}

const pieceBytes = 64 * 1024;

/** After its end, for what it said last, if somebody else still holds its outputs. */
const lastWordsMs = 500;

/**
 * Runs a program without a shell, and in a process group of its own: at a deadline the whole group is
 * killed. Whatever it ends with is returned.
 * @throws FerryError `link-timeout`, `system-error` if it can't be started
 */
export async function runCommand(
  [program = "", ...words]: readonly string[],
  { what, input = new Uint8Array(), onSent, limitMs, silenceMs = limitMs }: CommandOptions,
): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const child = spawn(program, words, { stdio: "pipe", detached: true });
  const heard = listenTo(child.stdout, child.stderr);
  const late = (reason: string) => (): void => {
    killGroup(child);
    const said = printable(heard().complaint.trim(), 200);
    reject(new FerryError("link-timeout", `${what}: ${reason}. ${said}`));
  };
  const limit = setTimeout(late(`not done in ${limitMs} ms`), limitMs);
  const silence = setTimeout(late(`nothing moved for ${silenceMs} ms`), silenceMs);
  const moved = (): void => {
    if (child.exitCode === null && child.signalCode === null) silence.refresh();
  };
  let lastWords: NodeJS.Timeout | undefined;
  const stop = (): void => {
    for (const timer of [silence, limit, lastWords]) clearTimeout(timer);
  };
  child.once("exit", (status, signal) => {
    stop();
    const end = (): void => resolve({ status, signal, ...heard() });
    child.once("close", end);
    lastWords = setTimeout(end, lastWordsMs);
  });
  child.once("error", (cause) => {
    reject(new FerryError("system-error", `${what}: ${printable(cause.message)}`, { cause }));
  });
  child.stdout.on("data", moved);
  void feed(child, input, (bytes) => {
    moved();
    onSent?.(bytes);
  });
  try {
    return await promise;
  } finally {
    stop();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
  }
}

/** Piece by piece, to see it move. A child that ends early says why by its status. */
async function feed(
  { stdin }: ChildProcessWithoutNullStreams,
  content: Uint8Array,
  moved: (bytes: number) => void,
): Promise<void> {
  stdin.on("error", () => {});
  for (let at = 0; at < content.length && !stdin.destroyed; at += pieceBytes) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const piece = content.subarray(at, at + pieceBytes);
    stdin.write(piece, (error) => resolve(!error));
    if (await promise) moved(piece.length);
  }
  stdin.end();
}

/** It hasn't ended yet, so its number is still its own. */
function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just gone.
  }
}
