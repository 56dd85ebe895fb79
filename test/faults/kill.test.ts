// kill -9 at each file call of a send and of a receive: what was acknowledged is there, nothing is
// handed over twice, and the next run ends with the centre as the site is.

import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ground, Verb } from "./ground.ts";
import { type Grounds, openGrounds, type Past, shareOut } from "./grounds.ts";
import { type KillPoint, killPointsOf } from "./kill-points.ts";
import { tracedRun } from "./traced-run.ts";

/** Each n-th call is taken, from an offset that is printed and another one in each run. */
const isAll = process.env["FAULTS"] === "all";
const everyChange = isAll ? 1 : 4;
const everyOther = isAll ? 1 : 24;
const lanes = 2;
const pasts: readonly Past[] = ["nothing", "cycle", "whole"];
const verbs: readonly Verb[] = ["send", "receive"];

describe.skipIf(missingFor("strace") !== null).each(pasts)("kill -9, before it: %s", (past) => {
  let grounds: Grounds;

  beforeAll(async () => {
    grounds = await openGrounds(past, lanes);
  });

  afterAll(async () => {
    await grounds?.[Symbol.asyncDispose]();
  });

  test.each(verbs)("at each call of a %s", { timeout: 600_000 }, async (verb) => {
    const [ground] = grounds.all as [Ground];
    await ground.restore(verb);
    const whole = await tracedRun(ground.parameters(verb), null);
    expect(whole.status, whole.stderr).toBe(0);
    const points = chosenOf(killPointsOf(whole.trace), `${verb} after ${past}`);
    expect(points.length).toBeGreaterThan(5);
    await shareOut(grounds.all, points, (lane, point, index) =>
      killAndRecover(lane, verb, point, index),
    );
  });
});

function chosenOf(points: readonly KillPoint[], what: string): readonly KillPoint[] {
  const offset = Math.floor(Math.random() * everyOther);
  const chosen = points.filter(({ changesDisk }, index) => {
    const every = changesDisk ? everyChange : everyOther;
    return index % every === offset % every;
  });
  process.stdout.write(
    `${what}: ${chosen.length} of ${points.length} calls, offset ${offset} of ${everyOther}; FAULTS=all takes all\n`,
  );
  return chosen;
}

async function killAndRecover(
  ground: Ground,
  verb: Verb,
  { call, when, line }: KillPoint,
  index: number,
): Promise<void> {
  await ground.restore(verb);
  const killed = await tracedRun(ground.parameters(verb), { call, when, effect: "signal=SIGKILL" });
  try {
    expect(killed.signal).toBe("SIGKILL");
    await ground.checkVisible();
    // The other side works on whatever the dead one left, before it comes back or after.
    if (index % 2 === 0) await (verb === "send" ? ground.receiveQuietly() : ground.core.read());
    await ground.succeed(verb);
    await ground.checkConverged();
  } catch (error) {
    throw new Error(`After the death at ${call} ${when}: ${line}`, { cause: error });
  }
}
