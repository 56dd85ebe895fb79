// This machine's clock against that of another one, as HTTP tells it: to the second.

import { fail, type Finding, ok, skipped, warning } from "./finding.ts";

export interface OtherClock {
  readonly where: string;
  /** What it said, and when that was by our own clock. */
  readonly saidMs: number;
  readonly atMs: number;
}

/** What the centre calls a wrong clock, and what it refuses. */
const skewMs = 30_000;
const refusedMs = 300_000;

export function compareClocks(clocks: readonly OtherClock[]): readonly Finding[] {
  if (clocks.length === 0) return [skipped("no link here tells another machine's time")];
  return clocks.map(({ where, saidMs, atMs }) => {
    const ahead = Math.round((atMs - saidMs) / 1000);
    const what = `this clock is ${Math.abs(ahead)} s ${ahead < 0 ? "behind" : "ahead of"} that of ${where}`;
    const todo = "Let both machines keep time by NTP: timedatectl; chronyc tracking.";
    const offMs = Math.abs(atMs - saidMs);
    if (offMs <= skewMs) return ok(what);
    return offMs > refusedMs ? fail(what, todo) : warning(what, todo);
  });
}
