// Columns and conditions on them, `column operator value`, as clients write them and servers read them.

/**
 * Groups: column, operator, value. `=` equal, `~` matches, `=~` equal without case, `~~` matches
 * without case, the comparisons, and each of them negated by `!`. For lists `>=` means contains,
 * `<` doesn't contain, `=` with nothing behind it is empty.
 */
export const conditionPattern: RegExp =
  /^([A-Za-z_][A-Za-z0-9_]*)\s+(!?(?:=~|~~|<=|>=|=|~|<|>))(?:\s+(.*))?$/;

/** Tables whose columns may be named as other tables name them. */
const prefixes: Readonly<Record<string, string>> = { hosts: "host_", services: "service_" };

/**
 * The column that is meant: all servers take `host_name` for `name` in the table hosts, and likewise
 * in services, so that one filter fits both tables (livedump's `-H`).
 */
export function ownColumn(table: string, column: string): string {
  const prefix = prefixes[table];
  return prefix !== undefined && column.startsWith(prefix) ? column.slice(prefix.length) : column;
}
