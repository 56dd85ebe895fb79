import { connect, parseAddress, serve, type Source } from "@siteferry/livestatus";
import type { Cell, Log } from "@siteferry/model";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { dumpSite, type SiteDump } from "./dump-site.ts";

const quiet = (): void => {};
const warned: string[] = [];
const warn = (_fields: object, message: string): void => void warned.push(message);
const log: Log = { debug: quiet, info: quiet, warn, error: quiet };

const clock = { now: () => 1_795_000_000_000 };
const { source } = makeFakeSite({ hosts: 2, servicesPerHost: 2, seed: 1, clock });

/** @param change what the core says in its table `table`, at the given connection. */
async function dumpOf(
  table: string,
  change: (column: string, value: Cell, row: number, connection: number) => Cell,
): Promise<{ dump: SiteDump; connections: number }> {
  await using directory = await makeTemporaryDirectory("dump-site");
  let connections = 0;
  const changed: Source = {
    tables() {
      const tables = source.tables();
      const { columns, rows } = tables[table]!;
      const names = Object.keys(columns);
      const changedRows = [...rows()].map((cells, row) =>
        cells.map((cell, at) => change(names[at]!, cell, row, connections)),
      );
      return { ...tables, [table]: { ...tables[table]!, rows: () => changedRows } };
    },
  };
  const address = parseAddress(`unix:${directory.path}/live`);
  const server = await serve(address, changed, { flavour: "naemon" });
  try {
    const open = (): ReturnType<typeof connect> => {
      connections += 1;
      return connect(address);
    };
    const filters = { hosts: [], services: [] };
    const eventsSince = (): number => 0;
    const dump = await dumpSite(open, { filters, flavour: "auto", log, eventsSince });
    return { dump, connections };
  } finally {
    await server.close();
  }
}

/** A core that restarts during each of its first `restarts` dumps, each time with `fewer` hosts. */
const restartingCore = (restarts: number, fewer = 0) =>
  dumpOf("status", (column, value, _row, connection) => {
    if (column === "program_start") return connection <= restarts ? Math.random() : 1;
    return column === "num_hosts" && connection <= restarts ? Number(value) + fewer : value;
  });

test("a dump during which the core restarted is thrown away and taken again", async () => {
  const { dump, connections } = await restartingCore(2);
  expect(connections).toBe(3);
  expect(dump.states.map(({ name, rows }) => [name, rows])).toEqual([
    ["host_states.ndjson", 2],
    ["service_states.ndjson", 4],
    ["comments.ndjson", 0],
    ["downtimes.ndjson", 0],
    ["events.ndjson", 0],
  ]);
});

test("so is one during which objects went away with the restart", async () => {
  expect((await restartingCore(2, 1)).connections).toBe(3);
});

test("a core that keeps restarting is told", async () => {
  await expect(restartingCore(9)).rejects.toMatchObject({ code: "core-restarting" });
});

test("a host that is too long for a row is left out, counted and named; the site travels", async () => {
  const contacts = Array.from({ length: 20_000 }, (_, index) => `contact ${index}`);
  const { dump } = await dumpOf("hosts", (column, value, row) =>
    column === "contacts" && row === 1 ? contacts : value,
  );
  expect([...dump.configuration, ...dump.states].map(({ rows }) => rows).slice(0, 2)).toEqual([
    1, 4,
  ]);
  expect(dump.rowsRefused).toBe(1);
  const name = String([...source.tables()["hosts"]!.rows()][1]![0]);
  expect(warned.at(-1)).toBe(
    `Left out of the dump: "${name}" is over 131072 bytes, also with its texts cut`,
  );
});
