import { parseBundleName } from "@siteferry/model";
import { expect, test } from "vitest";
import { superseded } from "./superseded.ts";

function worthless(...entries: readonly string[]): readonly number[] {
  const outbox = entries.map((text) => {
    const [number = "", kind = "", epoch = "1"] = text.split(".");
    const numbers = [epoch, number].map((digits) => digits.padStart(12, "0")).join("-");
    const fileName = `remote1-${numbers}.${kind}.ferry`;
    return { ...parseBundleName(fileName)!, fileName };
  });
  return superseded(outbox).map(({ sequence }) => sequence);
}

test("of each kind only the newest waits", () => {
  const outbox = ["1.config", "2.keyframe", "3.keyframe", "4.config", "10.keyframe"];
  expect(worthless(...outbox)).toEqual([1, 2, 3]);
});

test("a newer delta replaces an unsent one, a newer keyframe both; a delta keeps its keyframe", () => {
  expect(worthless("1.keyframe", "2.delta", "9.delta", "10.delta")).toEqual([2, 9]);
  expect(worthless("1.keyframe", "2.delta", "3.keyframe")).toEqual([1, 2]);
});

test("a new epoch counts before any number, and order in the list doesn't matter", () => {
  expect(worthless("9.keyframe", "1.keyframe.2")).toEqual([9]);
  expect(worthless("4.delta", "3.delta", "5.keyframe", "2.keyframe")).toEqual([2, 3, 4]);
  expect(worthless()).toEqual([]);
});
