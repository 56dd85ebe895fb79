// What operators add to a query: filters, of the command line and of sender.yaml. They pass through
// here so that they can't smuggle a second request, change the framing, or match more than they say.

import { FerryError, type LivestatusTable, printable } from "@siteferry/model";
import { conditionPattern, ownColumn } from "../condition.ts";

declare const checked: unique symbol;
/** One line of a request, `Name: value`, that {@link parseHeaderLine} has let through. */
export type HeaderLine = string & { readonly [checked]: true };

/** Half of what naemon-livestatus takes as a line. */
const lineBytesMax = 32_768;

/** An allow-list on purpose: what isn't here siteferry sets itself, or it changes what rows mean. */
const valuePatterns: Readonly<Record<string, RegExp>> = {
  Filter: conditionPattern,
  And: /^[1-9]\d{0,3}$/,
  Or: /^[1-9]\d{0,3}$/,
  Negate: /^$/,
  AuthUser: /^\S.*$/,
  WaitObject: /^\S.*$/,
  WaitTrigger: /^(all|check|state|log|downtime|comment|command|program)$/,
  WaitCondition: conditionPattern,
  WaitTimeout: /^\d{1,9}$/,
};

/** Throws `header-forbidden`. */
export function parseHeaderLine(text: string): HeaderLine {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw forbidden(text, "contains a control character");
  if (Buffer.byteLength(text) > lineBytesMax) {
    throw forbidden(text, `is longer than ${lineBytesMax} bytes`);
  }
  const [, name, value] = /^([A-Za-z]+):(.*)$/.exec(text.trim()) ?? [];
  if (name === undefined || value === undefined) throw forbidden(text, "isn't `Name: value`");
  if (!Object.hasOwn(valuePatterns, name)) {
    const names = Object.keys(valuePatterns).join(", ");
    throw forbidden(text, `${name} can't be set here; what can: ${names}`);
  }
  if (!valuePatterns[name]!.test(value.trim())) {
    throw forbidden(text, `what stands behind ${name}: isn't understood`);
  }
  return `${name}: ${value.trim()}`.trim() as HeaderLine;
}

/**
 * Checks filters against the columns of the table that they are for, name → type as of
 * `readColumns`. An operator that naemon-livestatus doesn't implement for a type accepts *every*
 * row, so that only those pass that every server has; Icinga 2, whose types aren't known, refuses
 * such a query by itself. Throws `header-forbidden`.
 */
export function checkFilters(
  headers: readonly HeaderLine[],
  table: LivestatusTable,
  columnTypes: ReadonlyMap<string, string>,
): void {
  let depth = 0;
  for (const header of headers) {
    const [, name, value = ""] = /^(\w+):(?: (.*))?$/.exec(header) ?? [];
    if (name === "Filter" || name === "WaitCondition") {
      checkCondition(header, value, table, columnTypes);
    }
    if (name === "Filter") depth += 1;
    const taken = name === "Negate" ? 1 : name === "And" || name === "Or" ? Number(value) : 0;
    if (taken > depth) throw forbidden(header, "there aren't as many filters before it");
    if (taken > 0) depth -= taken - 1;
  }
}

function checkCondition(
  header: string,
  condition: string,
  table: LivestatusTable,
  columnTypes: ReadonlyMap<string, string>,
): void {
  const [, column = "", operator = "", value = ""] = conditionPattern.exec(condition) ?? [];
  const type = columnTypes.get(ownColumn(table, column));
  if (type === undefined) throw forbidden(header, `the table ${table} has no column ${column}`);
  const problem = misfit(type, operator, value);
  if (problem !== null) throw forbidden(header, `${column} is of type ${type}: only ${problem}`);
}

const comparisons = ["=", "!=", "<", "<=", ">", ">="];

/** What fits in place of it, or null if it fits. */
function misfit(type: string, operator: string, value: string): string | null {
  switch (type) {
    case "list": {
      // `=` compares with the empty list whatever stands behind it.
      const fits = value === "" ? ["=", "!="] : [">=", "<"];
      if (fits.includes(operator)) return null;
      return "`>= item` (contains), `< item` (doesn't), `=` and `!=` (empty, not empty)";
    }
    case "int":
    case "float":
    case "time":
      // A word would be taken for 0.
      if (comparisons.includes(operator) && /^-?\d+(\.\d+)?$/.test(value)) return null;
      return `${comparisons.join(" ")} and a number`;
    case "dict":
      return /[<>]/.test(operator) ? "`= NAME value`, `~ NAME pattern` and the like" : null;
    default:
      return null;
  }
}

function forbidden(text: string, problem: string): FerryError {
  return new FerryError("header-forbidden", `\`${printable(text)}\`: ${problem}`);
}
