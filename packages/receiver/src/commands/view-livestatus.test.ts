// What a core shows of itself through Livestatus: the client against siteferry's own server, in the words
// of Naemon.

import {
  connect,
  parseAddress,
  serve,
  type ServedTable,
  type ServedType,
} from "@siteferry/livestatus";
import type { Cells } from "@siteferry/model";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { livestatusReader } from "./view-livestatus.ts";

function table(columns: Readonly<Record<string, ServedType>>, ...rows: Cells[]): ServedTable {
  return { columns, rows: () => rows };
}

const person: Readonly<Record<string, ServedType>> = {
  host_name: "string",
  service_description: "string",
  id: "int",
  author: "string",
  comment: "string",
  entry_time: "time",
};
const state: Readonly<Record<string, ServedType>> = {
  has_been_checked: "int",
  state: "int",
  acknowledged: "int",
  acknowledgement_type: "int",
  custom_variable_names: "list",
  custom_variable_values: "list",
};

const tables = {
  status: table({ program_start: "time" }, [1_700_000_000]),
  hosts: table(
    { name: "string", ...state },
    ["web", 1, 1, 1, 2, ["RACK", "OTHER"], ["b2 ü", "x"]],
    // An acknowledgement that was taken away leaves its kind behind.
    ["db", 0, 0, 0, 2, [], []],
  ),
  services: table(
    { host_name: "string", description: "string", ...state },
    ["web", "Disk C:\\Data", 1, 2, 1, 1, [], []],
    ["web", "load", 1, 3, 0, 0, ["RACK"], [""]],
  ),
  comments: table(
    { ...person, entry_type: "int", persistent: "int" },
    ["web", "", 7, "bob (siteferry r)", "é 🚀; \\n", 1_700_000_001, 1, 1],
    ["web", "Disk C:\\Data", 8, "bob", "x", 1_700_000_002, 4, 0],
    ["no;name", "", 9, "bob", "x", 1, 1, 1],
  ),
  downtimes: table(
    {
      ...person,
      start_time: "time",
      end_time: "time",
      fixed: "int",
      duration: "int",
      triggered_by: "int",
    },
    ["web", "load", 3, "ann", "y", 1_700_000_003, 1_700_000_004, 1_700_000_005, 0, 600, 2],
  ),
};

test.each(["naemon", "icinga2"] as const)("all that is asked for, from %s", async (flavour) => {
  await using directory = await makeTemporaryDirectory("view");
  const address = parseAddress(`unix:${directory.path}/live`);
  const server = await serve(address, { tables: () => tables }, { flavour });
  const client = await connect(address);
  const reader = livestatusReader(client, { now: () => 5 });
  const { comments, acknowledged, ...look } = await reader.look();
  const byId = comments.toSorted((a, b) => a.id - b.id);
  expect({ ...look, comments: byId, acknowledged: acknowledged.toSorted() }).toEqual({
    madeAtMs: 5,
    programStart: "1700000000",
    acknowledged: ["web\t2", "web\tDisk C:\\Data\t1"],
    comments: [
      {
        host: "web",
        service: null,
        id: 7,
        author: "bob (siteferry r)",
        text: "é 🚀; \\n",
        entryTime: 1_700_000_001,
        entryType: 1,
        persistent: 1,
      },
      {
        host: "web",
        service: "Disk C:\\Data",
        id: 8,
        author: "bob",
        text: "x",
        entryTime: 1_700_000_002,
        entryType: 4,
        persistent: 0,
      },
    ],
    downtimes: [
      {
        host: "web",
        service: "load",
        id: 3,
        author: "ann",
        text: "y",
        entryTime: 1_700_000_003,
        startTime: 1_700_000_004,
        endTime: 1_700_000_005,
        fixed: 0,
        duration: 600,
        triggeredBy: 2,
      },
    ],
  });
  const objects = new Map([
    ["web", { hasBeenChecked: 1, state: 1, acknowledgement: 2 }],
    ["db", { hasBeenChecked: 0, state: 0, acknowledgement: 0 }],
    ["web\tDisk C:\\Data", { hasBeenChecked: 1, state: 2, acknowledgement: 1 }],
    ["web\tload", { hasBeenChecked: 1, state: 3, acknowledgement: 0 }],
  ]);
  expect(await reader.objects(null)).toEqual({ objects, variables: new Map() });
  expect(await reader.objects((name) => name === "RACK")).toEqual({
    objects,
    variables: new Map([
      ["web", [["RACK", "b2 ü"]]],
      ["web\tload", [["RACK", ""]]],
    ]),
  });
  await client.close();
  await server.close();
});
