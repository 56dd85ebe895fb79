// Which parts of a vendor's dump travel.

import { expect, test } from "vitest";
import { travels } from "./plan-dump.ts";

const memory = { hash: "a", sentAtMs: 1_000_000, carriedBy: "one.ferry" };
const now = { nowMs: 1_060_000, intervalMs: 3_600_000, waiting: [], isCertain: true };

test("a part that is new or other than before", () => {
  expect(travels("a", undefined, now)).toBe(true);
  expect(travels("b", memory, now)).toBe(true);
  expect(travels("a", memory, now)).toBe(false);
});

test("each part after the interval, and when the clock went back", () => {
  expect(travels("a", memory, { ...now, nowMs: 1_000_000 + now.intervalMs })).toBe(true);
  expect(travels("a", memory, { ...now, nowMs: 999_999 })).toBe(true);
});

test("a part whose bundle still waits, which this one replaces", () => {
  expect(travels("a", memory, { ...now, waiting: ["one.ferry"] })).toBe(true);
  expect(travels("a", memory, { ...now, waiting: ["two.ferry"] })).toBe(false);
});

test("each part on links that can't tell of a loss", () => {
  expect(travels("a", memory, { ...now, isCertain: false })).toBe(true);
});
