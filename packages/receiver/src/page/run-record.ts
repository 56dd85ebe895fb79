// What the daemon's runs have come to since it started, for metrics, and whether the receiver works, for a load
// balancer: that a site is silent is no reason to send the others elsewhere.

import { limits } from "@siteferry/model";
import type { ReceiveReport } from "../receive.ts";

/** Summed over the runs; the others of a report say how it is after the last one. */
type Summed =
  | "accepted"
  | "duplicates"
  | "late"
  | "refused"
  | "failed"
  | "results"
  | "commands"
  | "activations";
type Latest =
  | "waitingForKeyframe"
  | "waitingForCore"
  | "waitingForConfiguration"
  | "commandsWaiting"
  | "refusedByCore"
  | "sitesNotShown";

type Numbers<Names extends keyof ReceiveReport> = Readonly<Record<Names, number>>;

export interface RunCounts {
  readonly runs: number;
  /** Runs that ended before they reached any target. */
  readonly failedRuns: number;
  /** When the one that goes on began, when the last one ended; milliseconds since 1970, null: none. */
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  /** The code of what ended the last run early. */
  readonly failure: string | null;
  readonly summed: Numbers<Summed>;
  readonly latest: Numbers<Latest>;
}

export const noRuns: RunCounts = {
  runs: 0,
  failedRuns: 0,
  startedMs: null,
  endedMs: null,
  failure: null,
  summed: {
    accepted: 0,
    duplicates: 0,
    late: 0,
    refused: 0,
    failed: 0,
    results: 0,
    commands: 0,
    activations: 0,
  },
  latest: {
    waitingForKeyframe: 0,
    waitingForCore: 0,
    waitingForConfiguration: 0,
    commandsWaiting: 0,
    refusedByCore: 0,
    sitesNotShown: 0,
  },
};

export function runBegan(before: RunCounts, nowMs: number): RunCounts {
  return { ...before, startedMs: nowMs };
}

export function runEnded(before: RunCounts, nowMs: number, report: ReceiveReport): RunCounts {
  const sums = Object.entries(before.summed).map(([name, sum]) => [
    name,
    sum + report[name as Summed],
  ]);
  const latest = Object.keys(before.latest).map((name) => [name, report[name as Latest]]);
  return {
    ...before,
    runs: before.runs + 1,
    startedMs: null,
    endedMs: nowMs,
    failure: null,
    summed: Object.fromEntries(sums) as RunCounts["summed"],
    latest: Object.fromEntries(latest) as RunCounts["latest"],
  };
}

export function runFailed(before: RunCounts, nowMs: number, failure: string): RunCounts {
  const { runs, failedRuns } = before;
  return {
    ...before,
    runs: runs + 1,
    failedRuns: failedRuns + 1,
    startedMs: null,
    endedMs: nowMs,
    failure,
  };
}

/** Longer than any core takes to load its objects. */
const runMsMax = 15 * 60_000;

/** Why the receiver doesn't work; null if it does. */
export function troubleOf(
  { startedMs, endedMs, failure }: RunCounts,
  freeSpace: number,
  nowMs: number,
): string | null {
  if (startedMs !== null && nowMs - startedMs > runMsMax) {
    return "stuck: a run has been going on for over 15 minutes";
  }
  if (failure !== null) return `${failure}: the last run failed, the log says why`;
  if (endedMs === null) return "starting: no run has ended yet";
  if (freeSpace < limits.freeSpaceMin) return "disk-nearly-full: nothing is taken in";
  return null;
}
