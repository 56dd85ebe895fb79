// A query over tables → the bytes of its answer.

import type { Cells } from "@siteferry/model";
import { RequestFault } from "./fault.ts";
import { compile, type Test } from "./filter.ts";
import type { Flavour } from "./flavour.ts";
import type { Framing, Get } from "./parse-request.ts";
import { csvRows, encode, jsonRows } from "./render.ts";
import { describe, type ServedTable, type ServedType, type Source } from "./source.ts";

type Column = { readonly name: string; readonly type: ServedType; readonly index: number };

/** The body in pieces. Throws a `RequestFault`. */
export function answer(get: Get, source: Source, framing: Framing, flavour: Flavour): Buffer[] {
  const table = findTable(get.table, source, flavour);
  const columns = chooseColumns(get, table, flavour);
  const selected = select(get, table, flavour);
  const counted = get.stats.length > 0;
  const types = columns.map(({ type }) => type).concat(get.stats.map(() => "int"));
  const rows = counted ? count(get, selected, columns, table, flavour) : pick(selected, columns);
  const names = get.columnHeaders ? columns.map(({ name }) => name) : null;
  const result = { rows, names, types };
  return get.format === "csv"
    ? encode(csvRows(result, framing.separators, flavour))
    : encode(jsonRows(result, get.format, flavour));
}

/** The sixteen bytes in front of a body, if the client wants them. */
export function responseHeader(
  status: number,
  bodyBytes: number,
  { fixed16, separators }: Framing,
  flavour: Flavour,
): Buffer {
  if (!fixed16) return Buffer.alloc(0);
  const end = flavour.headerEnd === "line-feed" ? "\n" : String.fromCharCode(separators.row);
  return Buffer.from(`${status} ${String(bodyBytes).padStart(11)}${end}`, "latin1");
}

function findTable(name: string, source: Source, flavour: Flavour): ServedTable {
  const tables = source.tables();
  if (Object.hasOwn(tables, name)) return tables[name]!;
  if (name === "columns" && flavour.describesItself) return describe(tables);
  throw new RequestFault(404, `Invalid GET request, no such table '${name}'`);
}

function chooseColumns(get: Get, table: ServedTable, flavour: Flavour): Column[] {
  const names = Object.keys(table.columns);
  const wanted = get.columns ?? (get.stats.length > 0 ? [] : names);
  return wanted.map((name) => {
    const index = names.indexOf(name);
    if (index >= 0) return { name, type: table.columns[name]!, index };
    if (flavour.unknownColumn === "empty") return { name, type: "string", index };
    throw new RequestFault(flavour.unknownColumn, `Table '${get.table}' has no column '${name}'`);
  });
}

/** The rows that the filters let through. */
function* select(get: Get, table: ServedTable, flavour: Flavour): Generator<Cells> {
  const tests: Test[] = get.filters.map((filter) => compile(filter, table, flavour));
  if (get.authUser !== null && flavour.unknownHeader === "error") {
    tests.push(compileContact(get.authUser, table));
  }
  const rows = flavour.rowOrder === "another" ? [...table.rows()].toReversed() : table.rows();
  let left = get.limit;
  for (const row of rows) {
    if (left <= 0) return;
    if (!tests.every((test) => test(row))) continue;
    left -= 1;
    yield row;
  }
}

function compileContact(user: string, table: ServedTable): Test {
  const index = Object.keys(table.columns).indexOf("contacts");
  return (row) => index < 0 || ((row[index] ?? []) as readonly string[]).includes(user);
}

function* pick(rows: Iterable<Cells>, columns: readonly Column[]): Generator<Cells> {
  for (const row of rows) yield columns.map(({ index }) => row[index] ?? null);
}

/** One row for each combination of the columns' values, the counts behind it. */
function count(
  get: Get,
  rows: Iterable<Cells>,
  columns: readonly Column[],
  table: ServedTable,
  flavour: Flavour,
): Cells[] {
  const tests = get.stats.map((condition) => compile(condition, table, flavour));
  const groups = new Map<string, { readonly cells: Cells; readonly counts: number[] }>();
  const open = (cells: Cells) => ({ cells, counts: tests.map(() => 0) });
  if (columns.length === 0) groups.set("[]", open([]));
  for (const row of rows) {
    const cells = columns.map(({ index }) => row[index] ?? null);
    const key = JSON.stringify(cells);
    const group = groups.get(key) ?? open(cells);
    groups.set(key, group);
    for (const [index, test] of tests.entries()) if (test(row)) group.counts[index]! += 1;
  }
  return [...groups.values()].map(({ cells, counts }) => [...cells, ...counts]);
}
