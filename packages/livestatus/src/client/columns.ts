// Which columns a server has. Unknown ones are answered as empty by some servers and with an error
// by others, so one asks first and takes what is there.

import { FerryError, type LivestatusTable } from "@siteferry/model";
import type { LivestatusClient } from "../world/client.ts";
import type { Query } from "./query.ts";
import type { Row } from "./row-decoder.ts";

/** Column → type as the server says it: string, int, float, time, list, dict; or `unknown`. */
export type ColumnTypes = ReadonlyMap<string, string>;

/**
 * The columns of `tables`; none for a table that isn't there. Icinga 2 has no table of columns;
 * there the heading of the first row serves, which has no types, and isn't there for an empty
 * table: that one then has no columns.
 */
export async function readColumns<Table extends LivestatusTable | "status">(
  client: LivestatusClient,
  tables: readonly Table[],
): Promise<Map<Table, ColumnTypes>> {
  const found = new Map<Table, Map<string, string>>(tables.map((table) => [table, new Map()]));
  const described = await collect(client, { table: "columns", columns: ["table", "name", "type"] });
  for (const [table, name, type] of described ?? []) {
    found.get(table as Table)?.set(name!, type!);
  }
  if (described !== null) return found;
  for (const [table, columns] of found) {
    if (table === "log") {
      for (const name of icinga2Log) columns.set(name, "unknown");
      continue;
    }
    const query = { table, columns: [], columnHeaders: true, limit: 1 };
    const [heading = []] = (await collect(client, query)) ?? [];
    for (const name of heading) columns.set(name, "unknown");
  }
  return found;
}

/** Known beforehand: for a row of it Icinga 2 would read all of its old logs. */
const icinga2Log = ["time", "class", "lineno", "message"];

/** All rows, or null if the server refuses. */
async function collect(client: LivestatusClient, query: Query): Promise<Row[] | null> {
  const rows: Row[] = [];
  try {
    for await (const batch of client.rows(query)) for (const row of batch) rows.push(row);
    return rows;
  } catch (error) {
    if (error instanceof FerryError && error.code === "livestatus-refused") return null;
    throw error;
  }
}
