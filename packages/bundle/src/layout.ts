// How the members of a bundle are called, and how each table's begins.

import {
  type AnyTable,
  bundleTables,
  type BundleKind,
  statesOnlyTables,
  verbatimMembers,
} from "@siteferry/model";

/**
 * Of the payload. What a kind of bundle carries since format 1 has stayed in it; 2 is a keyframe or delta
 * with comments, downtimes and events.
 */
export type BundleFormat = 1 | 2;

/** The file name of a table's rows inside a bundle: `hosts.ndjson`. */
export function memberName(table: AnyTable): string {
  return `${table.name}.ndjson`;
}

/** The names of a kind's members, in their order, without the manifest; null: it has no such format. */
export function memberNames(kind: BundleKind, format: number): readonly string[] | null {
  if (kind === "keyframe" || kind === "delta") {
    const tables = { 1: statesOnlyTables[kind], 2: bundleTables[kind] };
    return format === 1 || format === 2 ? tables[format].map(memberName) : null;
  }
  if (format !== 1) return null;
  return kind === "verbatim" ? verbatimMembers : bundleTables[kind].map(memberName);
}

/** The format that has just these members; null if none has. */
export function formatOf(
  kind: BundleKind,
  members: readonly { readonly name: string }[],
): BundleFormat | null {
  const names = members.map(({ name }) => name).join("\n");
  const formats = [1, 2] as const;
  return formats.find((format) => memberNames(kind, format)?.join("\n") === names) ?? null;
}

/** The first line of a member, without its line feed: the JSON array of column names. */
export function columnsLine(table: AnyTable): string {
  return JSON.stringify(Object.keys(table.columns));
}
