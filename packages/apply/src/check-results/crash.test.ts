// The promise that needs the care: exactly once, wherever the process dies.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Centre,
  expectedOf,
  manyServices,
  minuteMs,
  services,
  serviceState,
} from "./centre-model.ts";
import type { ServiceState, SiteEvent } from "@siteferry/model";
import type { Death } from "./spool-model.ts";

/** Half a minute after it was checked, it was CRITICAL. */
function alertAfter({ host_name, description, last_check }: ServiceState): SiteEvent {
  const common = { kind: "alert", state: 2, state_type: 1, attempt: 1, plugin_output: "" } as const;
  return { time: last_check + 30, host_name, description, ...common };
}

describe("killed at any operation, nothing is lost and nothing doubled", () => {
  const moments = ["before", "halfway", "after", "power cut"] as const;

  /** Runs `scenario` with a death at every operation until it survives. */
  async function atEveryPoint(
    scenario: (death: Death) => Promise<"died" | "finished">,
  ): Promise<number> {
    let points = 0;
    for (const moment of moments) {
      for (let dieAt = 1; ; dieAt++, points++) {
        if ((await scenario({ dieAt, moment })) === "finished") break;
      }
    }
    return points;
  }

  test.each(["core reads at once", "core reads only at the end"])(
    "first pass, %s",
    async (when) => {
      const states = manyServices(1003, 1000);
      const points = await atEveryPoint(async (death) => {
        const centre = new Centre();
        if (when === "core reads at once") centre.spool.onOperation = () => centre.coreReads();
        const outcome = await centre.runUntilDeath(states, death);
        await centre.run(states);
        await centre.run(states);
        centre.coreReads();
        expect(centre.delivered.sort()).toEqual(expectedOf(states));
        expect(centre.spool.names()).toEqual([]);
        return outcome;
      });
      expect(points).toBeGreaterThan(25);
    },
  );

  test("two deaths in a row", async () => {
    const states = services(serviceState(1, 1000), serviceState(2, 1000));
    await atEveryPoint(async (first) => {
      let outcome: "died" | "finished" = "finished";
      await atEveryPoint(async (second) => {
        const centre = new Centre();
        outcome = await centre.runUntilDeath(states, first);
        const again = await centre.runUntilDeath(states, second);
        await centre.run(states);
        centre.coreReads();
        expect(centre.delivered.sort()).toEqual(expectedOf(states));
        return again;
      });
      return outcome;
    });
  });

  test("while old files are taken back", async () => {
    const before = services(serviceState(1, 1000), serviceState(2, 1000));
    const after = services(serviceState(1, 1001), serviceState(2, 1000));
    await atEveryPoint(async (death) => {
      const centre = new Centre();
      await centre.run(before);
      centre.spool.nowMs += 31 * minuteMs;
      const outcome = await centre.runUntilDeath(after, death);
      await centre.run(after);
      centre.coreReads();
      await centre.run(after);
      centre.coreReads();
      expect(centre.delivered.sort()).toEqual(["s1@1001:0", "s2@1000:0"]);
      return outcome;
    });
  });

  test("while old files are taken back and nothing may be written yet", async () => {
    const states = services(serviceState(1, 1000));
    await atEveryPoint(async (death) => {
      const centre = new Centre();
      await centre.run(states);
      centre.spool.nowMs += 31 * minuteMs;
      centre.live = () => false;
      const outcome = await centre.runUntilDeath(states, death);
      centre.spool.powerCut();
      centre.coreReads();
      centre.live = () => true;
      await centre.run(states);
      centre.coreReads();
      expect(centre.delivered).toEqual(["s1@1000:0"]);
      return outcome;
    });
  });

  test("while changes are replayed in two files", async () => {
    const before = manyServices(700, 1000);
    const after = { ...manyServices(700, 1060), events: before.services.map(alertAfter) };
    await atEveryPoint(async (death) => {
      const centre = new Centre();
      await centre.run(before);
      centre.coreReads();
      const outcome = await centre.runUntilDeath(after, death);
      await centre.run(after);
      centre.coreReads();
      const read = centre.delivered.slice(700);
      expect(read).toHaveLength(1400);
      for (const { description } of before.services) {
        const own = read.filter((result) => result.startsWith(`${description}@`));
        expect(own).toEqual([`${description}@1030:2`, `${description}@1060:0`]);
      }
      return outcome;
    });
  });

  test("and started again only hours later, when the core has dropped what lay there", async () => {
    const states = services(serviceState(1, 1000), serviceState(2, 1000));
    await atEveryPoint(async (death) => {
      const centre = new Centre();
      const outcome = await centre.runUntilDeath(states, death);
      centre.spool.nowMs += 120 * minuteMs;
      centre.coreReads();
      await centre.run(states);
      centre.coreReads();
      expect([...new Set(centre.delivered)].sort()).toEqual(expectedOf(states));
      expect(centre.delivered).toHaveLength(2);
      return outcome;
    });
  });

  test("any course of checks, deaths, pauses and readings", async () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant("check" as const), service: fc.nat(2), state: fc.nat(3) }),
      fc.record({ kind: fc.constant("run" as const) }),
      fc.record({
        kind: fc.constant("die" as const),
        dieAt: fc.integer({ min: 1, max: 14 }),
        moment: fc.constantFrom(...moments),
      }),
      fc.record({ kind: fc.constant("read" as const) }),
      fc.record({ kind: fc.constant("pause" as const), minutes: fc.constantFrom(1, 10, 20, 28) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const centre = new Centre();
        const rows = [serviceState(0, 1000), serviceState(1, 1000), serviceState(2, 1000)];
        let time = 1000;
        let minutesUnseen = 0;
        for (const step of events) {
          const states = services(...rows);
          if (step.kind === "check")
            rows[step.service] = serviceState(step.service, ++time, step.state);
          // Exactly once holds while a pass sees each file before the core may drop it.
          const unseen = step.kind === "pause" && minutesUnseen + step.minutes > 28;
          if (step.kind === "run" || unseen) await centre.run(states);
          if (step.kind === "run" || unseen) minutesUnseen = 0;
          if (step.kind === "die") await centre.runUntilDeath(states, step);
          if (step.kind === "read") centre.coreReads();
          if (step.kind !== "pause") continue;
          centre.spool.nowMs += step.minutes * minuteMs;
          minutesUnseen += step.minutes;
        }
        const states = services(...rows);
        for (let pass = 0; pass < 2; pass++) {
          await centre.run(states);
          centre.coreReads();
        }
        expect(new Set(centre.delivered).size).toBe(centre.delivered.length);
        for (const result of expectedOf(states)) expect(centre.delivered).toContain(result);
        for (const service of ["s0", "s1", "s2"]) {
          const times = centre.delivered
            .filter((r) => r.startsWith(service))
            .map((r) => Number(r.slice(3, 7)));
          expect(times).toEqual(times.toSorted((a, b) => a - b));
        }
        expect(centre.spool.names()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
