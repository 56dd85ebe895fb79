import { expect, test } from "vitest";
import { missedRuns } from "./missed-runs.ts";

const at = (text: string): number => new Date(`2026-11-02T${text}`).getTime();

test.each([
  ["each minute, just done", "* * * * *", "12:00:02", "12:00:40", 0, 60],
  ["each minute, the next one is at work", "* * * * *", "12:00:02", "12:02:01", 1, 60],
  ["each minute, two are missing", "* * * * *", "12:00:02", "12:02:02", 2, 60],
  ["each five minutes", "*/5 * * * *", "12:00:10", "12:14:00", 2, 300],
  ["none is due at night", "*/5 8-17 * * *", "17:55:03", "23:00:00", 0, 300],
  ["each ten seconds", "*/10 * * * * *", "12:00:00", "12:00:35", 3, 10],
  ["for very long: no more than asked for", "* * * * *", "01:00:00", "12:00:00", 5, 60],
  ["in the future", "* * * * *", "13:00:00", "12:00:00", 0, 60],
])("%s", (_what, schedule, since, now, count, seconds) => {
  expect(missedRuns(schedule, at(since), at(now), 5)).toEqual({
    count,
    intervalMs: seconds * 1000,
  });
});
