// siteferry as its users run it, with strace on the thread that makes its file calls: what happens
// at the n-th call of a kind is chosen. Calls of the module loader happen in another thread and
// don't count.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Run } from "../command-line.ts";

/** What strace does to the `when`-th call of this name: `signal=SIGKILL`, `error=EIO`. */
export interface Injection {
  readonly call: string;
  readonly when: number;
  readonly effect: string;
}

export interface TracedRun extends Omit<Run, "log"> {
  readonly signal: NodeJS.Signals | null;
  /** The file calls as strace writes them, with the paths of descriptors. */
  readonly trace: string;
}

/** Calls that change what is on the disk, or make it last, and those around them. */
const fileCalls = [
  "fsync",
  "fdatasync",
  "openat",
  "write",
  "pwrite64",
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "unlink",
  "unlinkat",
  "symlink",
  "rmdir",
  "close",
  "mkdir",
  "fchmod",
] as const;

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const hold = fileURLToPath(import.meta.resolve("./hold.ts"));

export interface TracedProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<TracedRun>;
  /** Returns when strace has written this text. */
  traced(text: string): Promise<void>;
}

/** Starts it; strace is there before its first file call. */
export async function startTraced(
  parameters: readonly string[],
  injection: Injection | null,
): Promise<TracedProcess> {
  const child = spawn(process.execPath, ["--import", hold, bin, ...parameters], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "1", UV_USE_IO_URING: "0" },
  });
  const output = [gather(child.stdout), gather(child.stderr)] as const;
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const channel = child.stdio[3] as Duplex;
  const [thread] = (await once(channel, "data")) as [Buffer];
  const injected = injection === null ? [] : ["-e", injectionText(injection)];
  const strace = spawn(
    "strace",
    [
      "-y",
      "-s",
      "0",
      "-e",
      `trace=${fileCalls.join(",")}`,
      ...injected,
      "-p",
      thread.toString().trim(),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const straceClosed = once(strace, "close");
  const trace = gather(strace.stderr);
  const traced = async (text: string): Promise<void> => {
    while (!trace().includes(text)) await once(strace.stderr, "data");
  };
  await traced(" attached");
  channel.end("\n");
  const ended = closed.then(async ([status, signal]): Promise<TracedRun> => {
    await straceClosed;
    const [stdout, stderr] = output.map((text) => text()) as [string, string];
    return { status, signal, stdout, stderr, trace: trace() };
  });
  return { child, ended, traced };
}

/** Runs it to its end. */
export async function tracedRun(
  parameters: readonly string[],
  injection: Injection | null,
): Promise<TracedRun> {
  return await (
    await startTraced(parameters, injection)
  ).ended;
}

function injectionText({ call, when, effect }: Injection): string {
  return `inject=${call}:${effect}:when=${when}`;
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
