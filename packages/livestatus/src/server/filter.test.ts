import type { Cells } from "@siteferry/model";
import { expect, test } from "vitest";
import { ConditionStack } from "./condition-tree.ts";
import { compile } from "./filter.ts";
import { flavours } from "./flavour.ts";
import type { ServedTable } from "./source.ts";

const rows: Cells[] = [
  ["web01", 0, 1.5, ["linux", "web"], [["SITE", "Wien"]]],
  ["Web02", 2, 0.25, [], []],
  ["db ü", 10, null, ["db"], [["SITE", "Graz"]]],
];
const table: ServedTable = {
  columns: { name: "string", state: "int", load: "float", groups: "list", vars: "dict" },
  rows: () => rows,
};

function matching(...filters: string[]): string[] {
  const stack = new ConditionStack("hosts");
  for (const filter of filters) {
    const [, kind = "", count = ""] = /^(and|or|negate)(?: (\d+))?$/.exec(filter) ?? [];
    if (kind === "negate") stack.negate();
    else if (kind === "and" || kind === "or") stack.combine(kind, count);
    else stack.push(filter);
  }
  const tests = stack.conditions.map((condition) => compile(condition, table, flavours.checkmk));
  return rows.filter((row) => tests.every((passes) => passes(row))).map((row) => row[0] as string);
}

test.each([
  ["name = web01", ["web01"]],
  ["name != web01", ["Web02", "db ü"]],
  ["name =~ WEB01", ["web01"]],
  ["name !=~ WEB01", ["Web02", "db ü"]],
  ["name ~ ^web", ["web01"]],
  ["name !~ ^web", ["Web02", "db ü"]],
  ["name ~~ ^web", ["web01", "Web02"]],
  ["name !~~ ^web", ["db ü"]],
  ["name = db ü", ["db ü"]],
  ["name < a", ["Web02"]],
  ["state = 2", ["Web02"]],
  // As numbers, not as text.
  ["state > 2", ["db ü"]],
  ["state >= 2", ["Web02", "db ü"]],
  ["state <= 2", ["web01", "Web02"]],
  ["state !< 2", ["Web02", "db ü"]],
  ["load < 1", ["Web02", "db ü"]],
  ["groups >= web", ["web01"]],
  ["groups < web", ["Web02", "db ü"]],
  ["groups =", ["Web02"]],
  ["groups !=", ["web01", "db ü"]],
  ["vars = SITE Wien", ["web01"]],
  ["vars ~ SITE ^W", ["web01"]],
])("%s", (filter, names) => expect(matching(filter)).toEqual(names));

test("And, Or and Negate combine what was said last", () => {
  expect(matching("state = 2", "state = 10", "or 2")).toEqual(["Web02", "db ü"]);
  expect(matching("state = 2", "state = 10", "or 2", "negate")).toEqual(["web01"]);
  expect(matching("name ~ 0", "state = 2", "and 2", "name = db ü", "or 2")).toEqual([
    "Web02",
    "db ü",
  ]);
});

test.each([
  [450, "nmae = x"],
  [452, "groups > x"],
  [452, "state ~ 1"],
  [400, "state = many"],
  [400, "name ~ ("],
  [400, `name ~ ${"x".repeat(1001)}`],
  [400, "name"],
])("error %d for %s", (status, filter) => {
  expect(() => matching(filter)).toThrow(expect.objectContaining({ status }));
});

test("more is combined than is there", () => {
  expect(() => matching("name = x", "and 2")).toThrow(expect.objectContaining({ status: 400 }));
  expect(() => matching("negate")).toThrow(expect.objectContaining({ status: 400 }));
});

test("conditions nested without end don't exhaust the stack", () => {
  const deep = ["name = x", ...Array.from({ length: 50_000 }, () => "negate")];
  expect(() => matching(...deep)).toThrow(expect.objectContaining({ status: 413 }));
});
