import { parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Arrival,
  arrivalsAfter,
  correctionAt,
  correctionOf,
  secondsAhead,
} from "./site-clock.ts";

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

  test("is corrected by the same until another measure is clearly another, or it is right", () => {
    const after = (before: number, ahead: number): number =>
      correctionOf({ clock: "both" }, arrivalsOf(ahead * 1000), before);
    expect([29, 30, 31].map((ahead) => after(0, ahead))).toEqual([0, 0, 31]);
    expect([26, 29, 36, 37, 25, 15, 14, 0].map((ahead) => after(31, ahead))).toEqual([
      31, 31, 31, 37, 25, 15, 0, 0,
    ]);
    expect([-59, -70, -14, 40].map((ahead) => after(-61, ahead))).toEqual([-61, -70, 0, 40]);
    expect(correctionOf({ clock: "ahead" }, arrivalsOf(-61_000), 60)).toBe(0);
    expect(correctionOf({ clock: "keep" }, arrivalsOf(61_000), 60)).toBe(0);
  });

  test("that is right is never corrected, whatever the link does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e7 }), { maxLength: 20 }), (delays) => {
        expect(correctionOf({ clock: "ahead" }, arrivalsOf(...delays.map((ms) => -ms)))).toBe(0);
      }),
    );
  });
});

test("the correction that was used last is remembered for each site at each target", async () => {
  const { path, remove } = await makeTemporaryDirectory("clock");
  await using _ = { [Symbol.asyncDispose]: remove };
  const quiet = (): void => {};
  const world = {
    files: nodeFiles,
    random: { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) },
    clock: { now: () => 0 },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  };
  const at = async (target: string, name: string, ahead: number): Promise<number> =>
    await correctionAt(
      world,
      `${path}/${target}`,
      parseSiteId(name)!,
      { clock: "ahead" },
      arrivalsOf(ahead * 1000),
    );
  expect(await at("a", "remote1", 31)).toBe(31);
  expect(await at("a", "remote1", 29)).toBe(31);
  expect(await at("a", "remote2", 29)).toBe(0);
  expect(await at("b", "remote1", 29)).toBe(0);
  expect(await at("a", "remote1", 20)).toBe(20);
  expect(await at("a", "remote1", 14)).toBe(0);
  expect(await at("a", "remote1", 29)).toBe(0);
});
