// The running core and the operator's commands, as they really are.

import { spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { commandEnvironment } from "@siteferry/agent";
import { FerryError, printable, systemCode } from "@siteferry/model";
import type { CommandResult, CoreControl } from "../activation/core-control.ts";
import { openCommandFile } from "./command-file.ts";

/** Of what a command prints, the end. */
const outputBytesMax = 64 * 1024;
/** After its end: another process may hold its pipes for ever. */
const lastWordsMs = 200;
const answerMs = 3_000;

export const realCoreControl: CoreControl = {
  run: runCommand,

  async answers(querySocket) {
    const socket = connect(querySocket);
    const answered = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => answered.resolve(false), answerMs);
    // A connection alone says little: the kernel takes it for a core that hangs.
    socket.once("connect", () => socket.write("@help\0"));
    socket.once("data", () => answered.resolve(true));
    socket.once("error", () => answered.resolve(false));
    socket.once("close", () => answered.resolve(false));
    const result = await answered.promise;
    clearTimeout(timer);
    socket.destroy();
    return result;
  },

  async command(commandFile, line) {
    const file = await openCommandFile(commandFile);
    if (file === null) return false;
    try {
      return await file.write(Buffer.from(line));
    } finally {
      await file[Symbol.asyncDispose]();
    }
  },

  async wait(milliseconds) {
    await sleep(milliseconds);
  },
};

async function runCommand(
  [program = "", ...words]: readonly string[],
  timeoutMs: number,
): Promise<CommandResult> {
  const ended = Promise.withResolvers<number | null>();
  // A group of its own, so that all that it starts can be ended with it.
  const child = spawn(program, words, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: commandEnvironment(),
  });
  let output = Buffer.alloc(0);
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.on("data", (data: Buffer) => {
      output = Buffer.concat([output, data]).subarray(-outputBytesMax);
    });
  }
  const closed = Promise.withResolvers<void>();
  child.once("close", () => closed.resolve());
  child.once("exit", (status) => ended.resolve(status));
  child.once("error", (cause) => {
    const reason =
      systemCode(cause) === "ENOENT"
        ? "it isn't in the PATH: give activate.check and activate.reload their whole paths"
        : printable(cause.message);
    const message = `${printable(program)} can't be started: ${reason}`;
    ended.reject(new FerryError("command-failed", message, { cause }));
  });
  const timer = setTimeout(() => {
    if (child.pid !== undefined) endGroup(child.pid);
    ended.resolve(null);
  }, timeoutMs);
  try {
    const status = await ended.promise;
    await Promise.race([closed.promise, sleep(lastWordsMs, undefined, { ref: false })]);
    return { status, output: output.toString() };
  } finally {
    clearTimeout(timer);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** What runs as another user, as behind sudo, can't be ended; nobody waits for it any more. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!["ESRCH", "EPERM"].includes(systemCode(error) ?? "")) throw error;
  }
}
