// What a core says → what a snapshot holds. Pure: cells of livestatus text in, cells of the model
// out, the same for every core: Icinga 2's -1 and state 3 for a check that never ran, empty
// columns, escaped texts.

import {
  type AnyTable,
  type Cell,
  type Cells,
  type ColumnKind,
  isNameFault,
  limits,
  type NameFault,
  parseHostName,
  parseServiceDescription,
  printable,
} from "@siteferry/model";
import { pairLists, splitList } from "@siteferry/livestatus";
import { type SourceFlavour, unescapeLongOutput } from "./flavour.ts";

/** How a table is read: the livestatus columns to ask for, and the way from their text to cells. */
export interface ColumnPlan {
  readonly columns: readonly string[];
  /** Cells in the table's order, or what is wrong with a name in the row. */
  normalise(row: readonly string[]): Cells | NameFault;
}

type CellReader = (row: readonly string[]) => Cell | NameFault;

/**
 * Plans the reading of `table` from a server that has the columns in `available`. A column that it
 * lacks becomes null where the table allows it, else empty or 0.
 */
export function planColumns(
  table: AnyTable,
  available: ReadonlySet<string>,
  flavour: SourceFlavour,
): ColumnPlan {
  const columns: string[] = [];
  /** The column's place in the answer, or -1 if the server doesn't have it. */
  const ask = (name: string): number => (available.has(name) ? columns.push(name) - 1 : -1);
  const readers = Object.entries(table.columns).map(([name, kind]): CellReader => {
    if (kind === "pairs")
      return pairsReader(ask("custom_variable_names"), ask("custom_variable_values"));
    const index = ask(sourceColumn(table, name));
    if (name === "long_plugin_output")
      return (row) => unescapeLongOutput(row[index] ?? "", flavour);
    return bounded(table, name, cellReader(kind, index));
  });
  const checkNumbers = numberChecker(table);
  const checked = columns.indexOf("has_been_checked");
  const blank = checked === -1 ? null : neverChecked(table);
  return {
    columns,
    normalise(row) {
      const cells: Cell[] = [];
      for (const read of readers) {
        const cell = read(row);
        if (isNameFault(cell)) return cell;
        cells.push(cell);
      }
      if (blank !== null && row[checked] !== "1") return blank(cells);
      return checkNumbers(cells) ?? cells;
    },
  };
}

/** How Livestatus calls a column; in tables of two kinds of objects it says whose it is. */
function sourceColumn({ source }: AnyTable, name: string): string {
  const isCommon = source === "comments" || source === "downtimes";
  return isCommon && name === "description" ? "service_description" : name;
}

/** Numbers without which a row says nothing: it is left out for a wrong one. */
const decisive: readonly string[] = ["state", "id", "entry_type"];

/** Cuts a text that the centre would refuse, and makes 0 of such a number. */
function bounded(table: AnyTable, name: string, read: CellReader): CellReader {
  const textMax = limits.textMax[table.name]?.[name];
  const max = limits.integerMax[table.name]?.[name];
  if (textMax !== undefined) return (row) => cutText(read(row), textMax);
  if (max === undefined || decisive.includes(name)) return read;
  return (row) => {
    const cell = read(row);
    return Number(cell) >= 0 && Number(cell) <= max ? cell : 0;
  };
}

export function cutText<Value>(cell: Value, max: number): Value | string {
  return typeof cell === "string" && cell.length > max ? cell.slice(0, max).toWellFormed() : cell;
}

/**
 * Finds a number that no core has, such as a state of 77 of a broken module: it says nothing about the
 * object.
 */
function numberChecker(table: AnyTable): (cells: Cells) => NameFault | null {
  const names = Object.keys(table.columns);
  const bounds = Object.entries(limits.integerMax[table.name] ?? {})
    .filter(([name]) => decisive.includes(name) && names.includes(name))
    .map(([name, max]) => ({ name, max, place: names.indexOf(name) }));
  return (cells) => {
    for (const { name, max, place } of bounds) {
      const number = Number(cells[place]);
      if (number >= 0 && number <= max) continue;
      return {
        shown: printable(cells.slice(0, 2).join(" ")),
        problem: `has the ${name} ${number}`,
      };
    }
    return null;
  };
}

/**
 * A check that never ran has no state, times or texts, whatever the core puts there (Icinga 2:
 * `last_check` -1 and state 3); what people set (acknowledged, downtime) stays.
 */
function neverChecked(table: AnyTable): (cells: Cells) => Cells {
  const cleared = Object.entries(table.columns).map(([name, kind]): Cell | undefined => {
    if (kind === "time" || name === "state" || name === "state_type") return 0;
    if (kind === "time?" || name === "last_hard_state" || name === "staleness") return null;
    if (name === "latency" || name === "execution_time") return 0;
    return /output$|^perf_data$/.test(name) ? "" : undefined;
  });
  return (cells) =>
    cells.map((cell, index) => {
      const value = cleared[index];
      return value === undefined ? cell : value;
    });
}

function cellReader(kind: ColumnKind, index: number): CellReader {
  switch (kind) {
    case "host":
      return nameReader(index, parseHostName);
    case "service":
      return nameReader(index, parseServiceDescription);
    case "service?": {
      const read = nameReader(index, parseServiceDescription);
      return (row) => ((row[index] ?? "") === "" ? null : read(row));
    }
    case "text":
      return (row) => row[index] ?? "";
    case "text?":
      return (row) => row[index] ?? null;
    case "list":
      return (row) => splitList(row[index] ?? "");
    case "pairs":
      return () => [];
    case "event":
      throw new TypeError("no Livestatus has kinds of events as a column");
    default:
      return numericReader(kind, index);
  }
}

type NumericKind = Extract<ColumnKind, `${"flag" | "integer" | "number" | "time"}${"" | "?"}`>;

function numericReader(kind: NumericKind, index: number): CellReader {
  const absent = kind.endsWith("?") ? null : 0;
  const fit = fitting[kind.replace("?", "") as keyof typeof fitting];
  return (row) => {
    const cell = row[index];
    if (cell === undefined || cell === "") return absent;
    const number = Number(cell);
    return Number.isFinite(number) ? fit(number) : absent;
  };
}

/** What the centre would refuse a whole bundle for is 0 here: a number that no core means. */
const fitting = {
  flag: (number: number): number => (number === 0 ? 0 : 1),
  integer: (number: number): number => within(number, Number.MAX_SAFE_INTEGER),
  number: (number: number): number => number,
  time: (number: number): number => Math.max(0, within(number, limits.timeEnd - 1)),
};

function within(number: number, max: number): number {
  const whole = Math.trunc(number);
  return Math.abs(whole) <= max ? whole : 0;
}

/** Host names repeat in every service row: each is looked at once. */
function nameReader(index: number, parse: (text: string) => string | NameFault): CellReader {
  let last: string | undefined;
  let result = parse("");
  return (row) => {
    const text = row[index] ?? "";
    if (text !== last) {
      last = text;
      result = parse(text);
    }
    return result;
  };
}

function pairsReader(names: number, values: number): CellReader {
  return (row) => pairLists(row[names] ?? "", row[values] ?? "") ?? [];
}
