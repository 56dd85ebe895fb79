// Comments, downtimes and events: from recorded answers of a real naemon-livestatus, served again, and
// from a site of which a filter hides a part.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  connect,
  parseAddress,
  parseHeaderLine,
  serve,
  type ServedTable,
  type ServedType,
  type Source,
} from "@siteferry/livestatus";
import {
  type Cells,
  commentTable,
  downtimeTable,
  eventTable,
  hostStateTable,
  limits,
  type Log,
  rowMaker,
  serviceStateTable,
  type SiteComment,
  type SiteDowntime,
  type SiteEvent,
  type Table,
} from "@siteferry/model";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { openSite, type Site, type SiteFilters } from "./site.ts";

const everything: SiteFilters = { hosts: [], services: [] };
const clock = { now: () => 1_795_000_000_000 };

interface Annotated {
  readonly comments: readonly SiteComment[];
  readonly downtimes: readonly SiteDowntime[];
  readonly events: readonly SiteEvent[];
  readonly eventsLeftOut: number;
  readonly refused: number;
}

async function read(source: Source, filters = everything, since = 0): Promise<Annotated> {
  await using directory = await makeTemporaryDirectory("collect");
  const address = parseAddress(`unix:${directory.path}/live`);
  const server = await serve(address, source, { flavour: "naemon" });
  const client = await connect(address);
  const quiet = (): void => {};
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  try {
    const site = await openSite(client, { filters, flavour: "auto", log });
    await rowsOf(site, hostStateTable);
    await rowsOf(site, serviceStateTable);
    const comments = await rowsOf(site, commentTable);
    const downtimes = await rowsOf(site, downtimeTable);
    const { rows, leftOut } = await site.readEvents(since);
    const events = rows.map(rowMaker(eventTable));
    const refused = site.rowsRefused;
    return { comments, downtimes, events, eventsLeftOut: leftOut, refused };
  } finally {
    await client.close();
    await server.close();
  }
}

async function rowsOf<Row>(site: Site, table: Table<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of site.read(table)) rows.push(...batch.map(rowMaker(table)));
  return rows;
}

/** A recorded answer as a table of texts; numbers where a filter compares them. */
function recorded(name: string, rename: (row: readonly string[]) => Cells = (row) => row) {
  const file = join(import.meta.dirname, "../../livestatus/src/recordings", `${name}.answer`);
  const [heading, ...rows] = readFileSync(file)
    .subarray(16)
    .toString()
    .split("\n")
    .map((line) => line.split("\u001f"));
  const types = heading!.map((column): [string, ServedType] => [
    column,
    ["time", "class"].includes(column) ? "int" : "string",
  ]);
  const cells = rows.filter(({ length }) => length === types.length).map(rename);
  return { columns: Object.fromEntries(types), rows: () => cells } satisfies ServedTable;
}

const status: ServedTable = {
  columns: { program_start: "time", program_version: "string", livestatus_version: "string" },
  rows: () => [[1, "1.5.1", "1.5.1-source-naemon"]],
};

function recordedSite(): Source {
  const tables = ["hosts", "services", "comments", "downtimes", "log"];
  return {
    tables: () => ({ ...Object.fromEntries(tables.map((name) => [name, recorded(name)])), status }),
  };
}

/** `source` with the rows of one table changed. */
function withRows(source: Source, name: string, change: (rows: Cells[]) => Cells[]): Source {
  return {
    tables() {
      const tables = source.tables();
      return {
        ...tables,
        [name]: { ...tables[name]!, rows: () => change([...tables[name]!.rows()]) },
      };
    },
  };
}

test("a real Naemon's comments and downtimes, each of its host or its service", async () => {
  const { comments, downtimes, refused } = await read(recordedSite());
  expect(refused).toBe(0);
  expect(comments.map((row) => [row.id, row.host_name, row.description, row.entry_type])).toEqual([
    [1, "web01", "Filesystem /", 4],
    [2, "db01", null, 4],
    [3, "web02", null, 2],
    [4, "web01", "HTTP", 2],
    [5, "web01", null, 1],
    [6, "web02", "HTTP", 1],
  ]);
  expect(comments[1]).toMatchObject({
    author: "alice",
    comment: "Power supply replaced at 14:00; spare ordered",
    entry_time: 1795225543,
    persistent: 0,
    expire_time: 0,
  });
  const [fixed, flexible] = downtimes;
  expect(fixed).toMatchObject({ id: 1, host_name: "web02", description: null, fixed: 1 });
  expect(flexible).toEqual({
    id: 2,
    host_name: "web01",
    description: "HTTP",
    author: "alice",
    comment: "Flexible deploy window",
    entry_time: 1795225539,
    start_time: 1795229139,
    end_time: 1795232739,
    fixed: 0,
    duration: 1800,
    triggered_by: 0,
  });
});

test("of its log alerts and downtimes, oldest first, and no commands", async () => {
  const { events } = await read(recordedSite());
  const none = { state: 0, state_type: 0, attempt: 0, plugin_output: "" };
  expect(events).toEqual([
    {
      time: 1795225540,
      host_name: "db01",
      description: null,
      kind: "alert",
      state: 1,
      state_type: 1,
      attempt: 1,
      plugin_output: "CRITICAL - 192.0.2.21: rta nan, lost 100%",
    },
    {
      time: 1795225540,
      host_name: "db01",
      description: "CPU load",
      kind: "alert",
      state: 3,
      state_type: 1,
      attempt: 1,
      plugin_output: "UNKNOWN - no data",
    },
    { time: 1795225543, host_name: "web02", description: null, kind: "downtime-started", ...none },
  ]);
  expect((await read(recordedSite(), everything, 1795225541)).events).toHaveLength(1);
});

test("a filter's other objects give neither comments, downtimes nor events", async () => {
  const site = makeFakeSite({ hosts: 40, servicesPerHost: 9, seed: 2, clock });
  for (let tick = 0; tick < 20; tick += 1) site.tick();
  const only = (line: string): SiteFilters => {
    const filter = parseHeaderLine(`Filter: ${line}`);
    return { hosts: [filter], services: [filter] };
  };
  const all = await read(site.source);
  const some = await read(site.source, only("host_name ~ ^db"));
  for (const name of ["comments", "downtimes", "events"] as const) {
    const own = all[name].filter((row) => row.host_name.startsWith("db"));
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(all[name].length);
    expect(some[name]).toEqual(own);
  }
});

test("a comment of a service that isn't in the dump stays at home, with its host there", async () => {
  const source = withRows(recordedSite(), "services", (rows) => rows.slice(0, 1));
  const { comments } = await read(source);
  expect(comments.filter(({ description }) => description === null)).toHaveLength(3);
  expect(comments.length).toBeLessThan(6);
});

test("two rows of one id, and one of an id that no core has, are counted", async () => {
  const at = Object.keys(recorded("comments").columns).indexOf("id");
  const source = withRows(recordedSite(), "comments", (rows) =>
    rows.map((row, index) => row.with(at, index < 2 ? "1" : index === 2 ? "-7" : row[at]!)),
  );
  const { comments, refused } = await read(source);
  expect(comments.map(({ id }) => id)).toEqual([1, 4, 5, 6]);
  expect(refused).toBe(2);
});

test("long texts are cut to what the centre takes", async () => {
  const columns = Object.keys(recorded("comments").columns);
  const text = `${"x".repeat(4095)}📦`;
  const source = withRows(recordedSite(), "comments", (rows) =>
    rows.map((row) => row.with(columns.indexOf("comment"), text)),
  );
  const { comments } = await read(source);
  expect(comments[0]!.comment).toBe(`${"x".repeat(4095)}\ufffd`);
});

test("a core without these tables has none of them", async () => {
  const source = recordedSite();
  const { comments, downtimes, log, ...others } = source.tables();
  expect(await read({ tables: () => others })).toEqual({
    comments: [],
    downtimes: [],
    events: [],
    eventsLeftOut: 0,
    refused: 0,
  });
  const { id: _, ...few } = comments!.columns;
  const old = { ...comments!, columns: few };
  expect(
    (await read({ tables: () => ({ ...others, comments: old, downtimes: downtimes!, log: log! }) }))
      .comments,
  ).toEqual([]);
});

const lines: readonly (readonly [string, Partial<SiteEvent> | null])[] = [
  [
    "SERVICE ALERT: web01;HTTP;OK;SOFT;2;a; b; |c",
    { state: 0, attempt: 2, plugin_output: "a; b; |c" },
  ],
  ["SERVICE ALERT: web01;HTTP;CRITICAL;HARD;x;", { state: 2, attempt: 0, plugin_output: "" }],
  ["HOST ALERT: web01;UNREACHABLE;HARD;9;gone", { state: 2, attempt: 9, description: null }],
  ["HOST ALERT: web01;CRITICAL;HARD;9;no state of a host", null],
  ["SERVICE ALERT: web01;HTTP;DOWN;HARD;9;no state of a service", null],
  ["SERVICE ALERT: web01;HTTP;OK;NONE;9;neither", null],
  ["SERVICE ALERT: web01;toString;OK;HARD;9;no such service", null],
  ["HOST ALERT: web01;constructor;HARD;9;x", null],
  ["HOST FLAPPING ALERT: web01;STOPPED; Host appears", { kind: "flapping-stopped" }],
  ["SERVICE FLAPPING ALERT: web01;HTTP;DISABLED; x", { kind: "flapping-disabled" }],
  ["HOST DOWNTIME ALERT: web01;CANCELLED; x", { kind: "downtime-cancelled" }],
  ["HOST DOWNTIME ALERT: web01;POSTPONED; x", null],
  ["CURRENT HOST STATE: web01;UP;HARD;1;x", null],
  ["HOST ALERT", null],
];

test.each(lines)("the line `%s`", async (line, expected) => {
  const log: ServedTable = {
    columns: { time: "int", class: "int", message: "string" },
    rows: () => [
      [1795225540, 1, `[1795225540] ${line}`],
      [0, 1, `[0] ${line}`],
    ],
  };
  const tables = { ...recordedSite().tables(), log };
  const { events } = await read({ tables: () => tables });
  expect(events).toMatchObject(expected === null ? [] : [expected]);
});

test("of too many events the newest travel, and the others are counted", async () => {
  const count = 2 * limits.eventsMax + 7;
  const log: ServedTable = {
    columns: { time: "int", class: "int", lineno: "int", message: "string" },
    *rows() {
      // Newest first, as MK Livestatus gives them; some within one second.
      for (let line = count; line > 0; line -= 1) {
        const time = 1_795_000_000 + Math.floor(line / 3);
        yield [time, 1, line, `[${time}] HOST ALERT: web01;DOWN;SOFT;${line};x`];
      }
    },
  };
  const tables = { ...recordedSite().tables(), log };
  const { events, eventsLeftOut } = await read({ tables: () => tables });
  expect(eventsLeftOut).toBe(limits.eventsMax + 7);
  expect(events.map(({ attempt }) => attempt)).toEqual(
    Array.from({ length: limits.eventsMax }, (_, index) => limits.eventsMax + 8 + index),
  );
});
