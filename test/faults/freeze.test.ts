// A run that stands still for 15 seconds, as on a suspended machine, keeps its lock: another one is
// told at once that it is busy, and the first goes on as if nothing had been.

import { setTimeout as pause } from "node:timers/promises";
import { missingFor } from "@siteferry/testkit/cores";
import { expect, test } from "vitest";
import type { Ground, Verb } from "./ground.ts";
import { openGrounds, shareOut } from "./grounds.ts";
import { killPointsOf } from "./kill-points.ts";
import { startTraced, type TracedRun, tracedRun } from "./traced-run.ts";

/** Locks by process id or by time gave two holders after 12. */
const frozenMs = 15_000;
const verbs: readonly Verb[] = ["send", "receive"];

test.skipIf(missingFor("strace") !== null)(
  "a run that is frozen keeps its lock, and ends well",
  async () => {
    await using grounds = await openGrounds("nothing", verbs.length);
    await shareOut(grounds.all, verbs, async (ground, verb) => {
      const { status, stderr } = await freeze(ground, verb);
      expect(status, stderr).toBe(0);
      await ground.checkConverged();
    });
  },
);

async function freeze(ground: Ground, verb: Verb): Promise<TracedRun> {
  await ground.restore(verb);
  const whole = await tracedRun(ground.parameters(verb), null);
  const points = killPointsOf(whole.trace).filter(({ changesDisk }) => changesDisk);
  const { call, when } = points[Math.floor(points.length / 2)]!;
  await ground.restore(verb);
  const injection = { call, when, effect: "signal=SIGSTOP" };
  const first = await startTraced(ground.parameters(verb), injection);
  await first.traced("stopped by SIGSTOP");
  await expectBusy(ground, verb);
  await pause(frozenMs);
  await expectBusy(ground, verb);
  first.child.kill("SIGCONT");
  return await first.ended;
}

async function expectBusy(ground: Ground, verb: Verb): Promise<void> {
  const second = await ground.run(verb);
  expect([second.status, second.stderr]).toEqual([75, expect.stringContaining("spool-busy")]);
}
