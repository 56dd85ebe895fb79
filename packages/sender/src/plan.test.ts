import type { Base } from "@siteferry/bundle";
import { parseSiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { configurationHash } from "@siteferry/bundle";
import type { SenderMemory } from "./numbering.ts";
import { eventsSince } from "./plan.ts";

const hour = 3_600_000;
const nowMs = 1_795_000_000_000;
const base = {} as Base;

/** Minutes before now from which on events are read. */
function minutesBack(keyframeAgeMs: number | null, known: Base | null = base): number {
  const memory: SenderMemory = {
    site: parseSiteId("remote1")!,
    centre: parseSiteId("central")!,
    epoch: 1,
    nextSequence: 2,
    configurationHash: "",
    configurationSentAt: 0,
    keyframe:
      keyframeAgeMs === null
        ? null
        : {
            sequence: 1,
            hash: "",
            createdMs: nowMs - keyframeAgeMs,
            sizeBytes: 1,
            configurationHash: configurationHash([]),
            lastDeltaBytes: 0,
            repeats: 0,
          },
    life: "",
  };
  return (nowMs / 1000 - eventsSince([], memory, known, nowMs, hour)) / 60;
}

test("a delta needs the events since its keyframe, with room for clocks that disagree", () => {
  expect(minutesBack(0)).toBe(10);
  expect(minutesBack(59 * 60_000)).toBe(69);
});

test("a keyframe needs those of hours, and all since the last one, at most of a day", () => {
  expect(minutesBack(null)).toBe(250);
  expect(minutesBack(hour)).toBe(250);
  expect(minutesBack(60_000, null)).toBe(250);
  expect(minutesBack(9 * hour)).toBe(9 * 60 + 10);
  expect(minutesBack(90 * hour)).toBe(24 * 60 + 10);
  // A clock that went back.
  expect(minutesBack(-5 * hour)).toBe(250);
});
