// A monitoring core as a child process: started in a session of its own, watched through its log,
// ended with all its children.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const waitDeadlineMs = 30_000;
const pollIntervalMs = 20;
const tailLines = 30;

export interface CoreCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes standard output and error. */
  readonly outputFile: string;
  /** Where the core itself says what is wrong, shown beside its output when a wait ends in vain. */
  readonly logFile?: string;
}

export interface CoreProcess {
  /** Also the id of the session that holds its children. */
  readonly pid: number;
  /**
   * Asks `probe` again and again until it returns something other than null. Fails when the core ends
   * or the deadline passes, with the tail of the core's output and log.
   */
  waitFor<Found>(
    what: string,
    probe: () => Promise<Found | null>,
    deadlineMs?: number,
  ): Promise<Found>;
  /** Sends a signal to the core alone, not to its children. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the core as its operator would, so that it saves what it knows, and what it left behind. */
  end(): Promise<void>;
  /** Ends the core and its children. A second call does nothing. */
  stop(): Promise<void>;
}

/** Debian keeps the cores where only root's shell looks. */
export const searchPath: string = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

const running = new Set<number>();
// Whoever forgets to stop a core, or fails before, leaves none behind.
process.once("exit", () => {
  for (const pid of running) killSession(pid);
});

/** Starts the core in the foreground; it is not yet ready when this returns. */
export async function startCore(command: CoreCommand): Promise<CoreProcess> {
  const child = await spawnInSession(command);
  const pid = child.pid!;
  running.add(pid);
  const explain = async (what: string) => {
    const tails = [command.outputFile, command.logFile ?? ""].map(tailOf);
    return new Error(`${command.program} ${what}\n${(await Promise.all(tails)).join("\n")}`);
  };
  return {
    pid,
    async waitFor(what, probe, deadlineMs = waitDeadlineMs) {
      const deadline = performance.now() + deadlineMs;
      for (;;) {
        const found = await probe();
        if (found !== null) return found;
        if (hasEnded(child)) throw await explain(`ended; waited for ${what}`);
        if (performance.now() > deadline)
          throw await explain(`gave no ${what} in ${deadlineMs} ms`);
        await pause(pollIntervalMs);
      }
    },
    signal(signal) {
      child.kill(signal);
    },
    async end() {
      const exit = hasEnded(child) ? undefined : once(child, "exit");
      child.kill("SIGTERM");
      await exit;
      if (running.delete(pid)) await endSession(child);
    },
    async stop() {
      if (running.delete(pid)) await endSession(child);
    },
  };
}

/** Ids of the living processes in a session; zombies don't count. */
export function processesOfSession(session: number): number[] {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.map(Number).filter((id) => {
    const [state, , , itsSession] = statFields(id);
    return state !== "Z" && Number(itsSession) === session;
  });
}

async function spawnInSession(command: CoreCommand): Promise<ChildProcess> {
  const output = await open(command.outputFile, "a");
  try {
    const child = spawn(command.program, command.arguments, {
      detached: true,
      env: { ...process.env, PATH: searchPath, ...command.environment },
      stdio: ["ignore", output.fd, output.fd],
    });
    await once(child, "spawn");
    return child;
  } finally {
    await output.close();
  }
}

// Killed, not asked: a clean end takes Icinga 2 three seconds, and what it saves nobody reads.
async function endSession(child: ChildProcess): Promise<void> {
  const exit = hasEnded(child) ? undefined : once(child, "exit");
  while (killSession(child.pid!)) await pause(pollIntervalMs);
  await exit;
}

// Nagios puts each of its workers into a process group of its own, so the group is not enough.
function killSession(session: number): boolean {
  const ids = processesOfSession(session);
  for (const id of ids) {
    try {
      process.kill(id, "SIGKILL");
    } catch {
      // It ended by itself in between.
    }
  }
  return ids.length > 0;
}

/** The fields of /proc/PID/stat behind the program's name, which may hold anything: proc(5). */
function statFields(id: number): string[] {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function tailOf(path: string): Promise<string> {
  const text = path === "" ? "" : await readFile(path, "utf8").catch(() => "");
  return text.split("\n").slice(-tailLines).join("\n");
}
