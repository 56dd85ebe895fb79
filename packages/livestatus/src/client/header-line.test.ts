import { FerryError } from "@siteferry/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkFilters, parseHeaderLine } from "./header-line.ts";

const refused = expect.objectContaining({ code: "header-forbidden" });

test.each([
  "Filter: host_name ~~ ^web[0-9]+$",
  "Filter: custom_variable_names < _REALNAME",
  "Filter: notes !=",
  "Or: 2",
  "Negate:",
  "AuthUser: alice",
  "WaitTimeout: 5000",
])("%s passes", (line) => expect(parseHeaderLine(line)).toBe(line));

test("blanks around a line are no part of it", () => {
  expect(parseHeaderLine("  Filter:   name = x  ")).toBe("Filter: name = x");
});

test.each([
  ["a second request", "Filter: name = x\n\nCOMMAND [1] SHUTDOWN_PROGRAM"],
  ["a carriage return", "Filter: name = x\r"],
  ["an empty line, which would end the request", "   "],
  ["another output format", "OutputFormat: json"],
  ["other separators", "Separators: 1 2 3 4"],
  ["no response header", "ResponseHeader: off"],
  ["other columns", "Columns: name"],
  ["rows left out silently", "Limit: 5"],
  ["counts in place of rows", "Stats: state = 0"],
  ["an unknown header", "Filtre: name = x"],
  ["another case, which servers don't know", "filter: name = x"],
  ["a name of Object.prototype", "constructor: x"],
  ["no colon", "Filter name = x"],
  ["a filter without operator", "Filter: name"],
  ["an unknown operator", "Filter: name <> x"],
  ["a combination of nothing", "And: 0"],
  ["a combination that isn't counted", "Or: two"],
  ["a line longer than servers read", `Filter: name = ${"x".repeat(40_000)}`],
])("%s is refused", (_, line) => {
  expect(() => parseHeaderLine(line)).toThrow(refused);
});

function passedOrRefused(line: string): string {
  try {
    return parseHeaderLine(line);
  } catch (error) {
    if (error instanceof FerryError && error.code === "header-forbidden") return "Refused:";
    throw error;
  }
}

test("whatever passes is one line that says what it said", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string().map((rest) => `Filter: name = ${rest}`),
    fc.constantFrom("\n", "\r", "\0", "\u0085").map((odd) => `Filter: name = a${odd}b`),
  );
  fc.assert(
    fc.property(text, (line) => {
      expect(passedOrRefused(line)).toMatch(/^[A-Za-z]+:[^\u0000-\u001f\u007f]*$/);
    }),
  );
});

const types = new Map([
  ["name", "string"],
  ["host_groups", "list"],
  ["state", "int"],
  ["custom_variables", "dict"],
]);
const check = (...lines: string[]) => checkFilters(lines.map(parseHeaderLine), "services", types);

test("a filter on a list that naemon-livestatus would let everything through is refused", () => {
  for (const operator of [">", "<=", "~", "~~", "=~", "!~", "!>="]) {
    expect(() => check(`Filter: host_groups ${operator} x`)).toThrow(refused);
  }
  // Compared with the empty list whatever stands there.
  expect(() => check("Filter: host_groups = x")).toThrow(refused);
  expect(() => check("Filter: host_groups >=")).toThrow(refused);
  check("Filter: host_groups >= x", "Filter: host_groups < y", "Filter: host_groups !=");
});

test("a filter on a number that servers would read as something else is refused", () => {
  check("Filter: state = 0", "Filter: state >= 2", "Filter: state != -1");
  for (const rest of ["~ 1", "~~ 1", "=~ 1", "= down", "=", "= 0x1"]) {
    expect(() => check(`Filter: state ${rest}`)).toThrow(refused);
  }
  check("Filter: custom_variables = SITE Wien", "Filter: custom_variables ~~ SITE ^w");
  expect(() => check("Filter: custom_variables > SITE Wien")).toThrow(refused);
});

test("a column may be named as other tables name it", () => {
  check("Filter: service_state = 0");
  const filter = parseHeaderLine("Filter: host_name = web01");
  expect(() => checkFilters([filter], "hosts", types)).not.toThrow();
  expect(() => checkFilters([filter], "services", types)).toThrow(refused);
});

test("a filter on a column that the table hasn't is refused", () => {
  expect(() => check("Filter: nmae = x")).toThrow(refused);
});

test("a combination can't reach over the operator's own filters", () => {
  check("Filter: name = a", "Filter: name = b", "Or: 2", "Negate:");
  expect(() => check("Filter: name = a", "Or: 2")).toThrow(refused);
  expect(() => check("Filter: name = a", "Filter: name = b", "Or: 2", "And: 2")).toThrow(refused);
  expect(() => check("Negate:")).toThrow(refused);
});
