// How many runs of a schedule have passed since something happened: what an age in intervals is where the
// intervals aren't all alike, such as at night.

import { createTask } from "node-cron";

export interface MissedRuns {
  /** Runs that were due since then; at most `countMax`. */
  readonly count: number;
  /** Between the two runs before now; milliseconds. */
  readonly intervalMs: number;
}

/** So far back it is looked for runs: some ten weeks of a schedule in minutes. */
const stepsMax = 100_000;

/**
 * @param schedule a cron line, in the time zone of this process.
 * @param sinceMs when something happened last, as long after its run as later ones may be after theirs.
 */
export function missedRuns(
  schedule: string,
  sinceMs: number,
  nowMs: number,
  countMax: number,
): MissedRuns {
  const task = createTask(schedule, () => {});
  const stepMs = schedule.trim().split(/\s+/).length > 5 ? 1_000 : 60_000;
  const runs: number[] = [];
  let steps = 0;
  const runBefore = (ms: number): number | null => {
    for (let at = Math.floor(ms / stepMs) * stepMs; steps < stepsMax; at -= stepMs) {
      steps += 1;
      if (task.match(new Date(at))) return at;
    }
    return null;
  };
  for (let at = runBefore(nowMs); at !== null; at = runBefore(at - stepMs)) {
    runs.push(at);
    if (runs.length >= 2 && (at <= sinceMs || runs.length > countMax)) break;
  }
  void task.destroy();
  const own = runs.find((at) => at <= sinceMs);
  const delayMs = own === undefined ? 0 : sinceMs - own;
  const due = runs.filter((at) => at > sinceMs && at <= nowMs - delayMs);
  const [newest = 0, before = newest - stepMs] = runs;
  return { count: Math.min(due.length, countMax), intervalMs: newest - before };
}
