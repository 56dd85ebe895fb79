import { limits, parseSiteId, type RefusalCode } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { advance, fillGap, forgottenEpoch, judgeOrder, type OrderedBundle } from "./order.ts";

const nowMs = 1_795_000_000_000;
const epoch = nowMs / 1000;
const bundle: OrderedBundle = {
  site: parseSiteId("remote1")!,
  epoch,
  sequence: 9,
  hash: "aa",
  kind: "keyframe",
};
const mark = advance(advance(null, { ...bundle, sequence: 7, hash: "77" }, nowMs), bundle, nowMs);

function judge(change: Partial<OrderedBundle>, of = mark): string {
  try {
    return judgeOrder(of, { ...bundle, hash: "new", ...change }, nowMs);
  } catch (error) {
    return (error as { code: RefusalCode }).code;
  }
}

test("the first one and a higher number are new", () => {
  expect(judgeOrder(null, bundle, nowMs)).toBe("new");
  expect(judge({ sequence: 10 })).toBe("new");
});

describe("the same number again", () => {
  test("R14 with the same content is dropped in silence, also when newer ones came meanwhile", () => {
    expect(judge({ hash: "aa" })).toBe("duplicate");
    expect(judge({ hash: "77", sequence: 7 })).toBe("duplicate");
  });

  test("R15 R62 with other content is equivocation", () => {
    expect(judge({})).toBe("sequence-equivocal");
  });
});

test("R13 a lower number that never came is late: the caller decides", () => {
  expect(judge({ sequence: 8 })).toBe("late");
});

test("R16 a jump is refused, within an epoch and at its beginning", () => {
  const { sequenceJumpMax: jump } = limits;
  expect(judge({ sequence: 9 + jump })).toBe("new");
  expect(judge({ sequence: 10 + jump })).toBe("sequence-jump");
  expect(judge({ epoch: epoch + 1, sequence: jump + 1 })).toBe("sequence-jump");
});

test("a centre that knows nothing of a site, or forgot it, takes whatever number is its first", () => {
  const old = { ...bundle, hash: "old", sequence: 2 * limits.sequenceJumpMax };
  expect(judgeOrder(null, old, nowMs)).toBe("new");
  expect(judgeOrder({ ...mark, epoch: forgottenEpoch }, old, nowMs)).toBe("new");
});

describe("epochs", () => {
  test("R17 an older one is refused, and so is one that begins in the future", () => {
    expect(judge({ epoch: epoch - 1, sequence: 99 })).toBe("epoch-old");
    expect(judge({ epoch: epoch + limits.clockSkewMaxMs / 1000 + 1 })).toBe("epoch-future");
  });

  test("R18 a new one can't begin with a delta", () => {
    expect(judge({ epoch: epoch + 1, sequence: 1, kind: "delta" })).toBe("epoch-without-keyframe");
    expect(judge({ epoch: epoch + 1, sequence: 1, kind: "config" })).toBe("new");
  });

  test("R19 only so many a day", () => {
    let current = mark;
    for (let number = 1; number < limits.epochsPerDayMax; number++) {
      const next = { ...bundle, epoch: epoch + number, hash: `e${number}` };
      expect(judge(next, current)).toBe("new");
      current = advance(current, next, nowMs);
    }
    const oneMore = { epoch: epoch + limits.epochsPerDayMax };
    expect(judge(oneMore, current)).toBe("epoch-churn");
    const dayBefore = current.epochsMs.map((atMs) => atMs - 25 * 3600 * 1000);
    expect(judge(oneMore, { ...current, epochsMs: dayBefore })).toBe("new");
  });
});

test("what was passed over is counted until it comes", () => {
  expect(mark.missed).toBe(1);
  const later = advance(mark, { ...bundle, sequence: 20, hash: "bb" }, nowMs);
  expect(later.missed).toBe(11);
  const filled = fillGap(later, { ...bundle, sequence: 15, hash: "cc" });
  expect(filled).toMatchObject({ missed: 10, sequence: 20 });
  expect(judge({ hash: "cc", sequence: 15 }, filled)).toBe("duplicate");
});
