// Whatever happened on the way: in the end the centre is as the site says, and the operator's things
// are untouched.

import fc from "fast-check";
import { expect, test } from "vitest";

import type { CommandDialect } from "./command.ts";
import { type Happening, World, worldObjects } from "./test-world.ts";

const weights: Readonly<Record<Happening["what"], number>> = {
  state: 3,
  acknowledge: 3,
  comment: 3,
  downtime: 3,
  uncomment: 2,
  cancel: 2,
  operator: 1,
  restart: 1,
};
const happening = fc.oneof(
  ...Object.entries(weights).map(([what, weight]) => ({
    weight,
    arbitrary: fc.record({
      what: fc.constant(what as Happening["what"]),
      at: fc.constantFrom(...worldObjects),
      n: fc.oneof(fc.nat(9), fc.nat(420)),
    }),
  })),
);
const cycle = fc.record({
  happenings: fc.array(happening, { maxLength: 6 }),
  /** Of each command, in turn. */
  lost: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  seconds: fc.nat(300),
  /** The core shows what it had a cycle ago. */
  isLate: fc.boolean(),
});

test.each<CommandDialect>([
  { core: "nagios", way: "file" },
  { core: "icinga2", way: "socket" },
  { core: "naemon", way: "socket" },
])("the centre comes to what the site says, by $core's $way", (dialect) => {
  fc.assert(
    fc.property(fc.array(cycle, { maxLength: 8 }), (cycles) => {
      const world = new World(dialect);
      for (const { happenings, lost, seconds, isLate } of cycles) {
        for (const one of happenings) world.happen(one);
        world.cycle(lost, seconds, isLate);
      }
      // Over the pauses of what was lost again and again; then a cycle for each trigger's trigger.
      world.core.pass(24 * 3600);
      for (let quiet = 0; quiet < 12; quiet++) world.cycle([false], 60);
      expect(world.there()).toEqual(world.wanted());
      expect(world.harmed()).toEqual([]);
      expect(world.cycle([false], 60)).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("a quiet cycle is enough, if nothing is lost and nothing triggers anything", () => {
  const world = new World({ core: "nagios", way: "file" });
  for (const at of worldObjects) {
    for (const n of [1, 2, 4]) {
      for (const what of ["state", "acknowledge", "comment", "downtime"] as const) {
        world.happen({ what, at, n });
      }
    }
  }
  expect(world.cycle([false], 60)).toBeGreaterThan(20);
  expect(world.there()).toEqual(world.wanted());
  expect(world.cycle([false], 60)).toBe(0);
});
