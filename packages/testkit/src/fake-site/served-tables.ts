// The pretended site's columns as tables that the livestatus server answers from.

import type { ServedTable, ServedType } from "@siteferry/livestatus";
import {
  hostgroupTable,
  hostStateTable,
  hostTable,
  servicegroupTable,
  serviceStateTable,
  serviceTable,
  type Cell,
  type ColumnKind,
  type Seconds,
} from "@siteferry/model";

import { type AnnotatedSide, annotationTables } from "./annotations.ts";
import { hostGroups, serviceGroups } from "./catalogue.ts";
import type { ColumnValues } from "./inventory.ts";

type KnownColumn = readonly [name: string, kind: ColumnKind];

/** The tables that siteferry reads, over these columns; rows are made when they are asked for. */
export function servedTables(
  sides: readonly [hosts: AnnotatedSide, services: AnnotatedSide],
  start: Seconds,
  programStart: Seconds,
): Readonly<Record<string, ServedTable>> {
  const [{ columns: hosts }, { columns: services }] = sides;
  return {
    ...annotationTables(sides, start),
    hosts: serve(hosts, [...kindsOf(hostTable), ...kindsOf(hostStateTable)]),
    services: serve(services, [...kindsOf(serviceTable), ...kindsOf(serviceStateTable)]),
    hostgroups: serve(groupColumns(hostGroups), kindsOf(hostgroupTable)),
    servicegroups: serve(groupColumns(serviceGroups), kindsOf(servicegroupTable)),
    status: serve(
      {
        program_start: [programStart],
        num_hosts: [hosts["name"]?.length ?? 0],
        num_services: [services["description"]?.length ?? 0],
        program_version: ["1.5.1"],
        livestatus_version: ["1.5.1.source-naemon"],
      },
      [
        ["program_start", "time"],
        ["num_hosts", "integer"],
        ["num_services", "integer"],
        ["program_version", "text"],
        ["livestatus_version", "text"],
      ],
    ),
  };
}

function groupColumns(groups: Readonly<Record<string, string>>): ColumnValues {
  return { name: Object.keys(groups), alias: Object.values(groups) };
}

function kindsOf(table: { readonly columns: object }): readonly KnownColumn[] {
  return Object.entries(table.columns) as KnownColumn[];
}

/** Serves the columns that a snapshot knows; what is missing among `values` is a mistake in this file. */
function serve(values: ColumnValues, known: readonly KnownColumn[]): ServedTable {
  const columns: Record<string, ServedType> = {};
  for (const [name, kind] of known) {
    if (kind !== "pairs") {
      columns[name] = servedType(kind);
    } else {
      columns["custom_variable_names"] = "list";
      columns["custom_variable_values"] = "list";
    }
  }
  const arrays = Object.keys(columns).map((name) => {
    const cells = values[name];
    if (cells === undefined) throw new Error(`the pretended site lacks the column ${name}`);
    return cells;
  });
  return {
    columns,
    *rows() {
      const count = arrays[0]?.length ?? 0;
      for (let index = 0; index < count; index += 1) {
        const row: Cell[] = [];
        for (const cells of arrays) row.push(cells[index]!);
        yield row;
      }
    },
  };
}

function servedType(kind: Exclude<ColumnKind, "pairs">): ServedType {
  switch (kind.replace("?", "")) {
    case "list":
      return "list";
    case "integer":
    case "flag":
      return "int";
    case "number":
      return "float";
    case "time":
      return "time";
    default:
      return "string";
  }
}
