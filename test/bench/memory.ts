// What processes take of the machine's memory, as Linux counts it.

import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** The largest resident size that a process has had. */
export async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

export interface MemoryPeak {
  /** Of all together; what several processes share counts once. */
  readonly bytes: number;
  readonly processes: number;
}

export interface MemoryWatch extends AsyncDisposable {
  /** A second call only tells again. */
  stop(): Promise<MemoryPeak>;
}

/** Reading a process's memory holds it up, so most of the time nobody reads. */
const restsPerReading = 9;
const restMsMin = 50;
const restMsMax = 1_000;

/** Looks again and again at those that there are. */
export function watchMemory(processes: () => Promise<readonly number[]>): MemoryWatch {
  const stopping = new AbortController();
  const peak = { bytes: 0, processes: 0 };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const begun = performance.now();
      const pids = await processes();
      let bytes = 0;
      for (const pid of pids) bytes += await shareOf(pid);
      peak.bytes = Math.max(peak.bytes, bytes);
      peak.processes = Math.max(peak.processes, pids.length);
      const wantedMs = restsPerReading * (performance.now() - begun);
      const restMs = Math.min(Math.max(wantedMs, restMsMin), restMsMax);
      await pause(restMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  const stop = async (): Promise<MemoryPeak> => {
    stopping.abort();
    await watching;
    return peak;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** Its proportional set size, as proc_pid_smaps(5) has it; 0 of one that has ended. */
async function shareOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
}
