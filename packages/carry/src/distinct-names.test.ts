import { expect, test } from "vitest";
import { distinctNames } from "./distinct-names.ts";

test("two links to one place have two names, and stay what they are", () => {
  const links = ["http:a", "drop:/x", "http:a", "http:a"].map((name, id) => ({ name, id }));
  expect(distinctNames(links)).toEqual([
    { name: "http:a", id: 0 },
    { name: "drop:/x", id: 1 },
    { name: "http:a #2", id: 2 },
    { name: "http:a #3", id: 3 },
  ]);
});
