import { expect, test } from "vitest";
import { type KeyframeMemory, keyframeReason, repeatIsDue } from "./keyframe-schedule.ts";

const hour = 3_600_000;
const keyframe: KeyframeMemory = {
  sequence: 7,
  hash: "aa",
  createdMs: 1_000_000,
  sizeBytes: 100_000,
  configurationHash: "c1",
  lastDeltaBytes: 10,
  repeats: 0,
};

function reason(change: Partial<KeyframeMemory>, afterMs: number, configuration = "c1"): unknown {
  return keyframeReason(
    { ...keyframe, ...change },
    keyframe.createdMs + afterMs,
    configuration,
    hour,
  );
}

test("the whole state travels first, hourly, with a new configuration, and when deltas grow large", () => {
  expect(keyframeReason(null, 0, "c1", hour)).toBe("first");
  expect(reason({}, hour - 1)).toBeNull();
  expect(reason({}, hour)).toBe("age");
  expect(reason({}, 60_000, "c2")).toBe("configuration");
  expect(reason({ lastDeltaBytes: 50_000 }, 60_000)).toBeNull();
  expect(reason({ lastDeltaBytes: 50_001 }, 60_000)).toBe("size");
  expect(reason({ sizeBytes: 2000, lastDeltaBytes: 8192 }, 60_000)).toBeNull();
});

test("a clock that went back makes the age unknown, which is a doubt", () => {
  expect(reason({}, -1)).toBe("age");
});

test("copies for a one-way link are spaced over the interval, and two are enough", () => {
  const due = (repeats: number, afterMs: number): boolean =>
    repeatIsDue({ ...keyframe, repeats }, keyframe.createdMs + afterMs, hour);
  expect(due(0, hour / 3 - 1)).toBe(false);
  expect(due(0, hour / 3)).toBe(true);
  expect(due(1, hour / 2)).toBe(false);
  expect(due(1, (2 * hour) / 3)).toBe(true);
  expect(due(2, 10 * hour)).toBe(false);
});
