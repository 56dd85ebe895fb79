// How the tables of a bundle are called inside it, and how each of them begins.

import type { AnyTable } from "@siteferry/model";

/** The kinds of bundles that carry rows. */
export type RowKind = "config" | "keyframe" | "delta";

/** The file name of a table's rows inside a bundle: `hosts.ndjson`. */
export function memberName(table: AnyTable): string {
  return `${table.name}.ndjson`;
}

/** The first line of a member, without its line feed: the JSON array of column names. */
export function columnsLine(table: AnyTable): string {
  return JSON.stringify(Object.keys(table.columns));
}
