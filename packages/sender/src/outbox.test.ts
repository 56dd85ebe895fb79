import { parseBundleName } from "@siteferry/model";
import { expect, test } from "vitest";
import { superseded } from "./outbox.ts";

test("of each kind only the newest waits", () => {
  const entries = ["1.config", "2.keyframe", "3.keyframe", "4.config", "10.keyframe"].map(
    (text) => {
      const [number = "", kind = ""] = text.split(".");
      const fileName = `remote1-000000000001-${number.padStart(12, "0")}.${kind}.ferry`;
      return { ...parseBundleName(fileName)!, fileName };
    },
  );
  expect(superseded(entries).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});
