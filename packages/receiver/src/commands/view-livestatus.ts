// What a core shows of itself, through Livestatus: few columns, and of the objects only when something
// changed.

import type { CentreComment, CentreDowntime, CentreObject } from "@siteferry/apply";
import { type LivestatusClient, pairLists, parseHeaderLine, type Row } from "@siteferry/livestatus";
import type { Clock, Pairs } from "@siteferry/model";
import {
  acknowledgementOf,
  centreKey,
  type CentreKey,
  centreObject,
  type CentreObjects,
  type CentreReader,
  flagOf,
  objectAt,
  wholeOf,
} from "./picture.ts";

const person = ["host_name", "service_description", "id", "author", "comment", "entry_time"];
const commentColumns = [...person, "entry_type", "persistent"];
const times = ["start_time", "end_time", "fixed", "duration", "triggered_by"];
const downtimeColumns = [...person, ...times];
const names = { hosts: ["name"], services: ["host_name", "description"] } as const;
type ObjectTable = keyof typeof names;
const tables: readonly ObjectTable[] = ["hosts", "services"];

export function livestatusReader(client: LivestatusClient, clock: Clock): CentreReader {
  return {
    async look() {
      const madeAtMs = clock.now();
      const [[programStart = ""] = []] = await rowsOf(client, "status", ["program_start"]);
      const comments = await rowsOf(client, "comments", commentColumns);
      const downtimes = await rowsOf(client, "downtimes", downtimeColumns);
      const acknowledged: string[] = [];
      const only = "Filter: acknowledged = 1";
      for (const table of tables) {
        const columns = [...names[table], "acknowledgement_type"];
        for (const row of await rowsOf(client, table, columns, only))
          acknowledged.push(row.join("\t"));
      }
      return {
        madeAtMs,
        programStart,
        comments: comments.flatMap(commentOf),
        downtimes: downtimes.flatMap(downtimeOf),
        acknowledged,
      };
    },
    objects: (wants) => readObjects(client, wants),
  };
}

async function readObjects(
  client: LivestatusClient,
  wants: ((variable: string) => boolean) | null,
): Promise<CentreObjects> {
  const objects = new Map<CentreKey, CentreObject>();
  const variables = new Map<CentreKey, Pairs>();
  const state = ["has_been_checked", "state", "acknowledged", "acknowledgement_type"];
  const custom = wants === null ? [] : ["custom_variable_names", "custom_variable_values"];
  for (const table of tables) {
    const width = names[table].length;
    const columns = [...names[table], ...state, ...custom];
    for await (const batch of client.rows({ table, columns })) {
      for (const row of batch) {
        const key = centreKey(row[0]!, width === 1 ? null : row[1]!);
        const [checked = "", stateText = "", flag = "", type = "", ...lists] = row.slice(width);
        objects.set(
          key,
          centreObject(flagOf(checked), wholeOf(stateText), acknowledgementOf(flag, type)),
        );
        if (wants === null) continue;
        const [variableNames = "", values = ""] = lists;
        const pairs = pairLists(variableNames, values)?.filter(([name]) => wants(name)) ?? [];
        if (pairs.length > 0) variables.set(key, pairs);
      }
    }
  }
  return { objects, variables };
}

function commentOf(row: Row): readonly CentreComment[] {
  const [host = "", service = "", id = "", author = "", text = "", ...rest] = row;
  const at = objectAt(host, service);
  const [entryTime = "", entryType = "", persistent = ""] = rest;
  if (at === null) return [];
  return [
    {
      ...at,
      id: wholeOf(id),
      author,
      text,
      entryTime: wholeOf(entryTime),
      entryType: wholeOf(entryType),
      persistent: flagOf(persistent),
    },
  ];
}

function downtimeOf(row: Row): readonly CentreDowntime[] {
  const [host = "", service = "", id = "", author = "", text = "", ...rest] = row;
  const at = objectAt(host, service);
  const [entryTime = "", startTime = "", endTime = "", fixed = "", duration = "", trigger = ""] =
    rest;
  if (at === null) return [];
  return [
    {
      ...at,
      id: wholeOf(id),
      author,
      text,
      entryTime: wholeOf(entryTime),
      startTime: wholeOf(startTime),
      endTime: wholeOf(endTime),
      fixed: flagOf(fixed),
      duration: wholeOf(duration),
      triggeredBy: wholeOf(trigger),
    },
  ];
}

async function rowsOf(
  client: LivestatusClient,
  table: string,
  columns: readonly string[],
  filter?: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  const headers = filter === undefined ? [] : [parseHeaderLine(filter)];
  for await (const batch of client.rows({ table, columns, headers })) {
    for (const row of batch) rows.push(row);
  }
  return rows;
}
