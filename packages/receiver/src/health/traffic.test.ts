import { expect, test } from "vitest";
import { slotMs, slotsOfDay, type Traffic, trafficAfter, trafficOfDay } from "./traffic.ts";

const start = Date.UTC(2026, 10, 1, 12);
const sizesOf = (traffic: Traffic, nowMs: number) =>
  trafficOfDay(traffic, nowMs)
    .filter(({ bundles }) => bundles > 0)
    .map(({ fromMs, bytes, bundles }) => [(fromMs - start) / slotMs, bytes, bundles]);

test("bundles of one half hour are one slot; what is a day ago is gone, but not from the sums", () => {
  let traffic: Traffic | undefined;
  for (const [slot, bytes] of [
    [0, 100],
    [0.5, 10],
    [3, 7],
    [slotsOfDay + 1, 5],
  ] as const) {
    traffic = trafficAfter(traffic, bytes, start + slot * slotMs);
  }
  expect(traffic).toMatchObject({ bundles: 4, bytes: 122 });
  const later = start + (slotsOfDay + 1) * slotMs;
  expect(sizesOf(traffic!, later)).toEqual([
    [3, 7, 1],
    [slotsOfDay + 1, 5, 1],
  ]);
  expect(trafficOfDay(traffic, later)).toHaveLength(slotsOfDay);
  expect(sizesOf(traffic!, later + 3 * 24 * 3_600_000)).toEqual([]);
  expect(trafficOfDay(undefined, later).every(({ bundles }) => bundles === 0)).toBe(true);
});

test("a clock that is put back loses nothing of the hours before, and days back begins anew", () => {
  const traffic = trafficAfter(trafficAfter(undefined, 1, start), 2, start + 4 * slotMs);
  const back = trafficAfter(traffic, 4, start + slotMs);
  expect(sizesOf(back, start + 4 * slotMs)).toEqual([
    [0, 1, 1],
    [4, 6, 2],
  ]);
  const years = trafficAfter(traffic, 8, start - 400 * slotMs);
  expect(sizesOf(years, start - 400 * slotMs)).toEqual([[-400, 8, 1]]);
  expect(years.bundles).toBe(3);
});

test("a year of a bundle a minute takes no more room than a day", () => {
  let traffic: Traffic | undefined;
  for (let minute = 0; minute < 5_000; minute++) {
    traffic = trafficAfter(traffic, 2 ** 20, start + minute * 60_000);
  }
  expect(traffic!.day.length).toBeLessThan(1_000);
  expect(traffic!.bundles).toBe(5_000);
});
