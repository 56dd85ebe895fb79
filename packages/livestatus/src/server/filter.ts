// Conditions → functions over rows. What an operator means depends on the column's type.

import type { Cell, Cells, Pairs } from "@siteferry/model";
import type { Condition } from "./condition-tree.ts";
import { RequestFault } from "./fault.ts";
import type { Flavour } from "./flavour.ts";
import type { ServedTable, ServedType } from "./source.ts";

export type Test = (row: Cells) => boolean;

/** A client's pattern is bounded here in length, and in time by whoever runs the query. */
const patternCharactersMax = 1_000;

/** Throws a `RequestFault` for an unknown column, or an operator or value that doesn't fit. */
export function compile(condition: Condition, table: ServedTable, flavour: Flavour): Test {
  switch (condition.kind) {
    case "and": {
      const parts = condition.of.map((part) => compile(part, table, flavour));
      return (row) => parts.every((part) => part(row));
    }
    case "or": {
      const parts = condition.of.map((part) => compile(part, table, flavour));
      return (row) => parts.some((part) => part(row));
    }
    case "not": {
      const part = compile(condition.of[0], table, flavour);
      return (row) => !part(row);
    }
    default:
      return compileTest(condition, table, flavour);
  }
}

function compileTest(
  { column, operator, value }: Condition & { kind: "test" },
  table: ServedTable,
  flavour: Flavour,
): Test {
  const index = Object.keys(table.columns).indexOf(column);
  if (index < 0) {
    const status = flavour.unknownColumn === "empty" ? 450 : flavour.unknownColumn;
    throw new RequestFault(status, `no column '${column}'`);
  }
  const negated = operator.startsWith("!");
  const bare = negated ? operator.slice(1) : operator;
  const test = cellTest(table.columns[column]!, bare, value);
  if (test === null) {
    if (flavour.foreignOperator === "matches") return () => true;
    throw new RequestFault(452, `column '${column}' has no operator '${operator}'`);
  }
  return (row) => test(row[index] ?? null) !== negated;
}

type CellTest = (cell: Cell) => boolean;

/** Null: the type hasn't this operator. */
function cellTest(type: ServedType, operator: string, value: string): CellTest | null {
  switch (type) {
    case "string": {
      const test = textTest(operator, value);
      return (cell) => test(cell === null ? "" : String(cell));
    }
    case "int":
    case "float":
    case "time": {
      const test = comparison<number>(operator, numberOf(value));
      return test && ((cell) => test(Number(cell)));
    }
    case "list":
      return listTest(operator, value);
    default: {
      const [, name = "", wanted = ""] = /^(\S*)\s*(.*)$/.exec(value) ?? [];
      const test = textTest(operator, wanted);
      return (cell) => test(((cell ?? []) as Pairs).find(([key]) => key === name)?.[1] ?? "");
    }
  }
}

function listTest(operator: string, item: string): CellTest | null {
  switch (operator) {
    case "=":
      return (cell) => ((cell ?? []) as readonly string[]).length === 0;
    case ">=":
      return (cell) => ((cell ?? []) as readonly string[]).includes(item);
    case "<":
      return (cell) => !((cell ?? []) as readonly string[]).includes(item);
    default:
      return null;
  }
}

function textTest(operator: string, value: string): (text: string) => boolean {
  switch (operator) {
    case "~":
    case "~~": {
      const expression = pattern(value, operator === "~~" ? "i" : "");
      return (text) => expression.test(text);
    }
    case "=~": {
      const wanted = value.toLowerCase();
      return (text) => text.toLowerCase() === wanted;
    }
    default:
      return comparison(operator, value)!;
  }
}

function comparison<T extends string | number>(
  operator: string,
  value: T,
): ((other: T) => boolean) | null {
  switch (operator) {
    case "=":
      return (other) => other === value;
    case "<":
      return (other) => other < value;
    case ">":
      return (other) => other > value;
    case "<=":
      return (other) => other <= value;
    case ">=":
      return (other) => other >= value;
    default:
      return null;
  }
}

function pattern(value: string, flags: string): RegExp {
  if (value.length > patternCharactersMax) {
    throw new RequestFault(400, `a regular expression of over ${patternCharactersMax} characters`);
  }
  try {
    return new RegExp(value, flags);
  } catch {
    throw new RequestFault(400, "an invalid regular expression");
  }
}

function numberOf(value: string): number {
  const number = Number(value);
  if (value !== "" && Number.isFinite(number)) return number;
  throw new RequestFault(400, "a number is compared with something else");
}
