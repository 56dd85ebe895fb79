// Whatever happens between the site and the core (dumps and lines of the log that are lost, a core that
// reads late or not at all, a process that dies anywhere): what the core reads is the site's own course.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Centre, minuteMs, nowSeconds, services } from "./centre-model.ts";
import {
  type Change,
  changesOf,
  nextStanding,
  readBy,
  SiteService,
  type Standing,
  standingAfter,
  well,
} from "./site-model.ts";

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("check" as const),
      state: fc.nat(3),
      seconds: fc.integer({ min: 4, max: 90 }),
      logDelay: fc.nat(3),
      isLogged: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("run" as const) }) },
  fc.record({
    kind: fc.constant("die" as const),
    dieAt: fc.integer({ min: 1, max: 14 }),
    moment: fc.constantFrom("before", "halfway", "after", "power cut"),
  }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("read" as const) }) },
  fc.record({ kind: fc.constant("pause" as const), minutes: fc.constantFrom(1, 10, 20, 28) }),
);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

interface Told {
  readonly service: SiteService;
  readonly results: readonly Change[];
}

/** Lets a site and a centre go through it; at the end the centre has the last dump, and has read it. */
async function go(
  steps: readonly Step[],
  { attemptsMax, mirrors, isLossy }: { attemptsMax: number; mirrors: boolean; isLossy: boolean },
): Promise<Told> {
  const centre = new Centre();
  if (mirrors) centre.attemptsMax = async () => () => attemptsMax;
  let time = nowSeconds;
  const service = new SiteService(1, attemptsMax, time);
  const lost = new Set<number>();
  const states = () => ({
    ...services(service.row),
    events: service.alerts.filter((_, index) => !lost.has(index)),
  });
  const advance = (seconds: number): void => {
    time += seconds;
    centre.spool.nowMs += seconds * 1000;
  };
  let unseenMs = 0;
  const see = async (): Promise<void> => {
    await centre.run(states());
    unseenMs = 0;
  };
  await see();
  centre.coreReads();
  for (const one of steps) {
    const seconds =
      one.kind === "check" ? one.seconds : one.kind === "pause" ? one.minutes * 60 : 0;
    // Exactly once holds while a pass sees each file before the core may drop it.
    if (unseenMs + seconds * 1000 > 28 * minuteMs) await see();
    unseenMs += seconds * 1000;
    advance(seconds);
    if (one.kind === "check") {
      service.check(time, one.state, one.logDelay);
      if (isLossy && !one.isLogged) lost.add(service.alerts.length - 1);
    }
    if (one.kind === "run") await see();
    if (one.kind === "die") await centre.runUntilDeath(states(), one);
    if (one.kind === "read") centre.coreReads();
  }
  for (let pass = 0; pass < 2; pass++) {
    await centre.run(states());
    centre.coreReads();
  }
  expect(centre.spool.names()).toEqual([]);
  return { service, results: readBy(centre.delivered, "s1") };
}

/** The check that a result tells of; a line of the log may be 3 seconds late. */
function checkOf({ time, state }: Change, { checks }: SiteService): Change | undefined {
  return checks.find((check) => {
    return check.state === state && time >= check.time && time - check.time <= 3;
  });
}

const course = fc.array(step, { maxLength: 50 });
const attempts = fc.integer({ min: 1, max: 5 });

test("every change of the site comes once, in order, at its time", async () => {
  await fc.assert(
    fc.asyncProperty(course, attempts, fc.boolean(), async (steps, attemptsMax, mirrors) => {
      const { service, results } = await go(steps, { attemptsMax, mirrors, isLossy: false });
      const atCentre = changesOf(results);
      const told = atCentre.map((change) => checkOf(change, service));
      expect(told).toEqual(service.changes());
      expectRealChecks(results, service);
    }),
    { numRuns: 500 },
  );
});

test("mirrored, every attempt of the site comes once", async () => {
  await fc.assert(
    fc.asyncProperty(course, attempts, async (steps, attemptsMax) => {
      const { service, results } = await go(steps, { attemptsMax, mirrors: true, isLossy: false });
      expect(turns(results, attemptsMax)).toEqual(turns(service.checks, attemptsMax));
    }),
    { numRuns: 500 },
  );
});

test("with lines of the log lost, what comes are real checks, and the last state is the site's", async () => {
  await fc.assert(
    fc.asyncProperty(course, attempts, async (steps, attemptsMax) => {
      const { service, results } = await go(steps, { attemptsMax, mirrors: false, isLossy: true });
      expectRealChecks(results, service);
      expect(results.at(-1)).toEqual(service.checks.at(-1));
    }),
    { numRuns: 500 },
  );
});

test("mirrored and with lines of the log lost, it ends at the site's attempt, soft or hard", async () => {
  await fc.assert(
    fc.asyncProperty(course, attempts, async (steps, attemptsMax) => {
      const { service, results } = await go(steps, { attemptsMax, mirrors: true, isLossy: true });
      const times = results.map(({ time }) => time);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(results.at(-1)).toEqual(service.checks.at(-1));
      expect(standingAfter(results, attemptsMax)).toEqual(service.standing);
    }),
    { numRuns: 1000 },
  );
});

/** Each result is another check that ran, and time never goes back. */
function expectRealChecks(results: readonly Change[], service: SiteService): void {
  const told = results.map((result) => checkOf(result, service));
  expect(told).not.toContain(undefined);
  expect(new Set(told).size).toBe(told.length);
  expect(told).toEqual(told.toSorted((a, b) => a!.time - b!.time));
}

/** Where a core stands, each time that this changes. */
function turns(results: readonly Change[], attemptsMax: number): Standing[] {
  const all: Standing[] = [well];
  for (const { state } of results) {
    const next = nextStanding(all.at(-1)!, state, attemptsMax);
    if (JSON.stringify(next) !== JSON.stringify(all.at(-1))) all.push(next);
  }
  return all;
}
