// Processes that the benchmark started only indirectly, through an sshd.

import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** A process and all below it. */
export async function treeOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text.split(" ").filter((id) => id !== "");
  const below = await Promise.all(children.map((id) => treeOf(Number(id))));
  return [pid, ...below.flat()];
}

/** Those with `word` on their command line, whoever started them. */
export async function processesNaming(word: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const named = pids.map(async (pid) => {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return words.includes(word) ? [Number(pid)] : [];
  });
  return (await Promise.all(named)).flat();
}

const endMsMax = 10_000;

/** Waits for them to end by themselves, and then ends them. */
export async function untilEnded(processes: () => Promise<readonly number[]>): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const pids = await processes();
    if (pids.length === 0) return;
    if (performance.now() - begun > endMsMax) for (const pid of pids) kill(pid);
    await pause(50);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in between.
  }
}
