import { expect, test } from "vitest";
import { parseHeaderLine } from "./header-line.ts";
import { pairLists, splitList } from "./lists.ts";
import { formatCommand, formatQuery } from "./query.ts";

const refused = expect.objectContaining({ code: "header-forbidden" });

test("a query asks for lossless rows on a connection that stays", () => {
  const headers = [parseHeaderLine("Filter: name ~ ^web")];
  expect(formatQuery({ table: "hosts", columns: ["name", "state"], headers })).toBe(
    "GET hosts\nColumns: name state\nFilter: name ~ ^web\nOutputFormat: csv\n" +
      "Separators: 28 31 30 29\nColumnHeaders: off\nResponseHeader: fixed16\nKeepAlive: on\n\n",
  );
});

test("a line feed in any part of a query makes no second request", () => {
  expect(() => formatQuery({ table: "hosts\n\nCOMMAND x", columns: [] })).toThrow(refused);
  expect(() => formatQuery({ table: "hosts", columns: ["a\nb"] })).toThrow(refused);
  expect(() => formatQuery({ table: "hosts", columns: [], stats: ["a = \n"] })).toThrow(refused);
});

test("a command has a time of ten digits, as Checkmk wants it", () => {
  expect(formatCommand("X;y", 1_795_228_665.9)).toBe("COMMAND [1795228665] X;y\n\n");
  expect(formatCommand("X;y", 5)).toBe("COMMAND [0000000005] X;y\n\n");
});

test("a line feed in a command makes no second command", () => {
  expect(() => formatCommand("X;y\nCOMMAND [1795228665] Z", 1)).toThrow(refused);
});

test("an empty list is no list of one empty name", () => {
  expect(splitList("")).toEqual([]);
  expect(splitList("a\u001eb")).toEqual(["a", "b"]);
});

test("custom variables of unequal lists aren't paired by guess", () => {
  expect(pairLists("A\u001eB", "1\u001e2")).toEqual([
    ["A", "1"],
    ["B", "2"],
  ]);
  expect(pairLists("A", "")).toEqual([["A", ""]]);
  expect(pairLists("", "")).toEqual([]);
  expect(pairLists("A\u001eB", "1")).toBeNull();
  expect(pairLists("", "1")).toBeNull();
});
