import type { Cells } from "@siteferry/model";
import { expect, test } from "vitest";
import { answer, responseHeader } from "./answer.ts";
import { flavours, type FlavourName } from "./flavour.ts";
import { parseRequest } from "./parse-request.ts";
import type { Source } from "./source.ts";

const rows: Cells[] = [
  ["a", 0, 0.1, ["x", "y"], [["K", "V"]], ["alice"]],
  ["ü 🚀", 2, null, [], [], []],
  ["c", 0, 2, ["x"], null, ["alice", "bob"]],
];
const source: Source = {
  tables: () => ({
    hosts: {
      columns: {
        name: "string",
        state: "int",
        load: "float",
        groups: "list",
        vars: "dict",
        contacts: "list",
      },
      rows: () => rows,
    },
  }),
};

function ask(flavourName: FlavourName, ...lines: string[]): string {
  const flavour = flavours[flavourName];
  const { framing, ask: asked } = parseRequest(lines, flavour);
  if (asked.kind !== "get") throw new Error("not a query");
  const body = Buffer.concat(answer(asked, source, framing, flavour));
  return Buffer.concat([responseHeader(200, body.length, framing, flavour), body]).toString();
}

test("csv with the separators of the protocol's first days", () => {
  expect(ask("checkmk", "GET hosts", "Columns: name state groups vars", "Limit: 2")).toBe(
    "a;0;x,y;K|V\nü 🚀;2;;\n",
  );
});

test("json and wrapped_json are what they claim to be, also without rows", () => {
  const query = ["GET hosts", "Columns: name load groups vars", "ColumnHeaders: on"];
  const names = ["name", "load", "groups", "vars"];
  expect(JSON.parse(ask("checkmk", ...query, "OutputFormat: json", "Limit: 1"))).toEqual([
    names,
    ["a", 0.1, ["x", "y"], { K: "V" }],
  ]);
  expect(
    JSON.parse(ask("checkmk", ...query, "OutputFormat: wrapped_json", "Limit: 2")),
  ).toMatchObject({
    columns: names,
    data: [
      ["a", 0.1, ["x", "y"], { K: "V" }],
      ["ü 🚀", null, [], {}],
    ],
    total_count: 2,
  });
  const none = ["GET hosts", "Columns: name", "Filter: name = none"];
  expect(JSON.parse(ask("checkmk", ...none, "OutputFormat: json"))).toEqual([]);
  expect(JSON.parse(ask("checkmk", ...none, "OutputFormat: wrapped_json"))).toEqual({
    data: [],
    total_count: 0,
  });
});

test("counts, alone and grouped by columns; nothing counts as 0", () => {
  expect(
    ask(
      "checkmk",
      "GET hosts",
      "Stats: state = 0",
      "Stats: state = 1",
      "Stats: name = a",
      "StatsOr: 2",
    ),
  ).toBe("2;1\n");
  expect(ask("checkmk", "GET hosts", "Columns: state", "Stats: name ~ .")).toBe("0;2\n2;1\n");
  expect(ask("checkmk", "GET hosts", "Filter: name = none", "Stats: state = 0")).toBe("0\n");
  expect(ask("checkmk", "GET hosts", "Stats: state = 0", "StatsNegate:")).toBe("1\n");
});

test("a contact sees only what is his", () => {
  expect(ask("checkmk", "GET hosts", "Columns: name", "AuthUser: bob")).toBe("c\n");
});

test("the columns describe themselves and every table", () => {
  const text = ask("naemon", "GET columns", "Columns: table name type");
  expect(text).toContain("hosts;groups;list\n");
  expect(text).toContain("columns;table;string\n");
});

test("the length in the header counts bytes, not characters", () => {
  const lines = ["GET hosts", "Columns: name", "Filter: state = 2", "ResponseHeader: fixed16"];
  expect(ask("checkmk", ...lines)).toBe("200           8\nü 🚀\n");
});

test("naemon's oddities", () => {
  expect(ask("naemon", "GET hosts", "Columns: name nosuch load", "Limit: 1")).toBe(
    "a;;1.0000000000e-01\n",
  );
  expect(ask("naemon", "GET hosts", "Columns: name", "Filter: groups > x")).toBe("a\nü 🚀\nc\n");
  // So it arrived from a running 1.5.1.
  expect(
    ask("naemon", "GET hosts", "Columns: name", "Filter: state = 2", "OutputFormat: json"),
  ).toBe('[["ü \u07c0"]]\n');
});

test("Icinga 2's oddities", () => {
  const framed = ["ResponseHeader: fixed16", "Separators: 28 31 30 29"];
  expect(ask("icinga2", "GET hosts", "Columns: name load", "AuthUser: bob", ...framed)).toBe(
    "200          31\u001cc\u001f2.000000\u001cü 🚀\u001f\u001ca\u001f0.100000\u001c",
  );
  expect(() => ask("icinga2", "GET hosts", "Columns: nosuch")).toThrow(
    expect.objectContaining({ status: 452 }),
  );
  expect(() => ask("icinga2", "GET columns")).toThrow(expect.objectContaining({ status: 404 }));
});

test("an old Checkmk refuses columns that it hasn't", () => {
  expect(() => ask("checkmk", "GET hosts", "Columns: nosuch")).toThrow(
    expect.objectContaining({ status: 450 }),
  );
});

test("a table named like something of Object.prototype isn't there", () => {
  expect(() => ask("checkmk", "GET constructor")).toThrow(expect.objectContaining({ status: 404 }));
});
