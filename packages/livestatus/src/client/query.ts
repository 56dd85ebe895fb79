// Requests as text: what the client sends. Every request ends with an empty line, so no part of it
// may hold a line feed.

import { FerryError, printable, type Seconds } from "@siteferry/model";
import { ownSeparators, type Separators } from "../separators.ts";
import type { HeaderLine } from "./header-line.ts";

export interface Query {
  readonly table: string;
  /** Without any, the server sends all columns that it has, in an order of its own. */
  readonly columns: readonly string[];
  /** The operator's filters; see `parseHeaderLine`. */
  readonly headers?: readonly HeaderLine[];
  /** Conditions such as `state = 0`, each answered by a column behind `columns`: how many rows. */
  readonly stats?: readonly string[];
  /** A first row with the names of the columns. */
  readonly columnHeaders?: boolean;
  readonly limit?: number;
}

/** The text of a request; `separators` other than siteferry's own are for tests with recordings. */
export function formatQuery(query: Query, separators: Separators = ownSeparators): string {
  const { row, field, item, part } = separators;
  const lines = [`GET ${query.table}`];
  if (query.columns.length > 0) lines.push(`Columns: ${query.columns.join(" ")}`);
  lines.push(...(query.headers ?? []));
  for (const condition of query.stats ?? []) lines.push(`Stats: ${condition}`);
  if (query.limit !== undefined) lines.push(`Limit: ${query.limit}`);
  lines.push(
    "OutputFormat: csv",
    `Separators: ${row} ${field} ${item} ${part}`,
    `ColumnHeaders: ${query.columnHeaders === true ? "on" : "off"}`,
    "ResponseHeader: fixed16",
    "KeepAlive: on",
  );
  return lines.map((line) => `${oneLine(line)}\n`).join("") + "\n";
}

/**
 * `COMMAND [time] NAME;arg;…`. `line` is the command from its name on, its arguments escaped for
 * the core already. Without headers: Checkmk's and Nagios's module take a command by its first line
 * alone, and Icinga 2 answers nothing and keeps the connection if it isn't asked to answer.
 * Throws `header-forbidden` for a line feed or another control character, which would make a second
 * command of the rest.
 */
export function formatCommand(line: string, time: Seconds): string {
  // Checkmk drops a command silently unless its time has ten digits.
  return `COMMAND [${String(Math.trunc(time)).padStart(10, "0")}] ${oneLine(line)}\n\n`;
}

function oneLine(line: string): string {
  if (!/[\u0000-\u001f\u007f]/.test(line)) return line;
  throw new FerryError("header-forbidden", `a control character in \`${printable(line)}\``);
}
