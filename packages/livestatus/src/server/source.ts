// What a server answers from: tables that are handed to it.

import type { Cells } from "@siteferry/model";

/** `list` cells are arrays of strings, `dict` cells pairs of name and value; any cell may be null. */
export type ServedType = "string" | "int" | "float" | "time" | "list" | "dict";

export interface ServedTable {
  readonly columns: Readonly<Record<string, ServedType>>;
  /** All rows at this moment, their cells in the order of `columns`. */
  rows(): Iterable<Cells>;
}

export interface Source {
  /** By name; asked anew for each request. */
  tables(): Readonly<Record<string, ServedTable>>;
  /** `[time] NAME;arg;…` of a request `COMMAND [time] NAME;arg;…`. */
  command?(line: string): void;
}

/** The table `columns`, which describes the tables, itself included. */
export function describe(tables: Readonly<Record<string, ServedTable>>): ServedTable {
  const columns = {
    table: "string",
    name: "string",
    type: "string",
    description: "string",
  } as const;
  const self: ServedTable = {
    columns,
    *rows(): Generator<Cells> {
      for (const [table, { columns: named }] of Object.entries({ ...tables, columns: self })) {
        for (const [name, type] of Object.entries(named)) {
          yield [table, name, type === "time" ? "int" : type, ""];
        }
      }
    },
  };
  return self;
}
