import { parseSiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { advance, judgeOrder } from "./order.ts";

const mark = { epoch: 100, sequence: 9, hash: "aa", earlier: [] };
const bundle = { site: parseSiteId("remote1")!, epoch: 100, sequence: 9, hash: "aa" };

test("the first one, a higher number and a newer epoch are new", () => {
  expect(judgeOrder(null, bundle)).toBe("new");
  expect(judgeOrder(mark, { ...bundle, sequence: 10 })).toBe("new");
  expect(judgeOrder(mark, { ...bundle, epoch: 101, sequence: 1 })).toBe("new");
});

test("R14 the same again is dropped in silence", () => {
  expect(judgeOrder(mark, bundle)).toBe("duplicate");
});

test("R14 an earlier one that a transport delivers again is no replay, for a bounded while", () => {
  let grown = advance(mark, { epoch: 100, sequence: 10, hash: "bb" });
  expect(judgeOrder(grown, bundle)).toBe("duplicate");
  for (let sequence = 11; sequence < 100; sequence++) {
    grown = advance(grown, { epoch: 100, sequence, hash: `hash ${sequence}` });
  }
  expect(() => judgeOrder(grown, bundle)).toThrow("is older than");
  expect(grown.earlier.length).toBeLessThan(50);
});

test("R13 R15 R17 replays and a second content under one number are refused", () => {
  const code =
    (change: object): (() => unknown) =>
    () =>
      judgeOrder(mark, { ...bundle, ...change });
  expect(code({ sequence: 8 })).toThrow(expect.objectContaining({ code: "sequence-replayed" }));
  expect(code({ epoch: 99, sequence: 50 })).toThrow(
    expect.objectContaining({ code: "sequence-replayed" }),
  );
  expect(code({ hash: "bb" })).toThrow(expect.objectContaining({ code: "sequence-equivocal" }));
});
