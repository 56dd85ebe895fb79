// kill -9 at the file calls of an activation: the core finds a configuration that loads, and the next
// run makes live what was meant.

import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { killPointsOf } from "../faults/kill-points.ts";
import { tracedRun } from "../faults/traced-run.ts";
import { approvedSite, Centre } from "./centre.ts";

/** Of the calls that change the disk; the others leave what one of these has left. */
const every = process.env["FAULTS"] === "all" ? 1 : 6;

describe.skipIf(missingFor("nagios") !== null || missingFor("strace") !== null)(
  "an activation that is killed",
  () => {
    test("at any step, and carried on", { timeout: 1_200_000 }, async () => {
      await using centre = await Centre.open({ sites: { alpha: approvedSite("") } });
      await centre.say("alpha", ["web", "h0"]);
      expect((await centre.receive()).status).toBe(0);
      await centre.say("alpha", ["web", "h1"]);
      const whole = await tracedRun(centre.parameters, null);
      expect(whole.status, whole.stderr).toBe(0);
      const points = killPointsOf(whole.trace).filter(({ changesDisk }) => changesDisk);
      expect(points.length).toBeGreaterThan(40);
      const offset = Math.floor(Math.random() * every);
      const chosen = points.filter((_, index) => index % every === offset);
      process.stdout.write(`${chosen.length} of ${points.length}, offset ${offset} of ${every}\n`);
      let host = 2;
      for (const { call, when, line } of chosen) {
        const [before, after] = [`h${host - 1}`, `h${host++}`];
        await centre.say("alpha", ["web", after]);
        const effect = "signal=SIGKILL";
        const killed = await tracedRun(centre.parameters, { call, when, effect });
        const at = `After the death at ${call} ${when}: ${line}`;
        expect(killed.signal, at).toBe("SIGKILL");
        await centre.checkAlive();
        const live = await centre.hosts();
        expect([before, after].filter((one) => live.includes(one)).length, at).toBe(1);
        const again = await centre.receive();
        expect(again.status, again.stderr).toBe(0);
        await centre.nagios.waitUntil(at, ({ hosts }) => hosts.has(after) && !hosts.has(before));
      }
    });
  },
);
