import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Arrival, arrivalsAfter, correctionOf, secondsAhead } from "./site-clock.ts";

const arrivalsOf = (...aheadMs: readonly number[]): readonly Arrival[] =>
  aheadMs.reduce<readonly Arrival[]>(
    (before, ahead, index) =>
      arrivalsAfter(before, { createdMs: index * 60_000 + ahead, keptMs: index * 60_000 }),
    [],
  );

describe("a site's clock", () => {
  test("is as far ahead as the quickest of its last bundles says", () => {
    expect(secondsAhead([])).toBe(0);
    expect(secondsAhead(arrivalsOf(-400, -90_000))).toBe(0);
    expect(secondsAhead(arrivalsOf(44_000, 45_400, -2000))).toBe(45);
    expect(secondsAhead(arrivalsOf(-61_000, -65_000))).toBe(-61);
  });

  test("that was put right is so after five bundles", () => {
    expect(secondsAhead(arrivalsOf(300_000, 0, 0, 0, 0))).toBe(300);
    expect(secondsAhead(arrivalsOf(300_000, 0, 0, 0, 0, 0))).toBe(0);
  });

  test.each([
    ["keep", 0, 0],
    ["ahead", 45, 0],
    ["both", 45, -61],
  ] as const)("%s", (clock, ahead, behind) => {
    expect(correctionOf({ clock }, arrivalsOf(45_000))).toBe(ahead);
    expect(correctionOf({ clock }, arrivalsOf(-61_000))).toBe(behind);
    expect(correctionOf({ clock }, arrivalsOf(29_000))).toBe(0);
  });

  test("that is right is never corrected, whatever the link does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e7 }), { maxLength: 20 }), (delays) => {
        expect(correctionOf({ clock: "ahead" }, arrivalsOf(...delays.map((ms) => -ms)))).toBe(0);
      }),
    );
  });
});
