// How the members of a bundle are called, and how each table's begins.

import { type AnyTable, bundleTables, type BundleKind, verbatimMembers } from "@siteferry/model";

/** The kinds of bundles that carry rows. */
export type RowKind = "config" | "keyframe" | "delta";

/** The file name of a table's rows inside a bundle: `hosts.ndjson`. */
export function memberName(table: AnyTable): string {
  return `${table.name}.ndjson`;
}

/** The names of a kind's members, in their order, without the manifest. */
export function memberNames(kind: BundleKind): readonly string[] {
  return kind === "verbatim" ? verbatimMembers : bundleTables[kind].map(memberName);
}

/** The first line of a member, without its line feed: the JSON array of column names. */
export function columnsLine(table: AnyTable): string {
  return JSON.stringify(Object.keys(table.columns));
}
