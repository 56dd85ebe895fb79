import { connect, parseAddress, serve, type Source } from "@siteferry/livestatus";
import type { Log } from "@siteferry/model";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { dumpSite, type SiteDump } from "./dump-site.ts";

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** A core that restarts during each of its first `restarts` dumps, each time with `fewer` hosts. */
async function dumpOf(
  restarts: number,
  fewer = 0,
): Promise<{ dump: SiteDump; connections: number }> {
  await using directory = await makeTemporaryDirectory("dump-site");
  const clock = { now: () => 1_795_000_000_000 };
  const { source } = makeFakeSite({ hosts: 2, servicesPerHost: 2, seed: 1, clock });
  let connections = 0;
  const restarting: Source = {
    tables() {
      const tables = source.tables();
      const status = tables["status"]!;
      const isRestarting = connections <= restarts;
      const names = Object.keys(status.columns);
      const rows = (): (typeof row)[] => [row];
      const [first = []] = status.rows();
      const row = first.map((cell, at) => {
        if (names[at] === "program_start") return isRestarting ? Math.random() : 1;
        return names[at] === "num_hosts" && isRestarting ? Number(cell) + fewer : cell;
      });
      return { ...tables, status: { ...status, rows } };
    },
  };
  const address = parseAddress(`unix:${directory.path}/live`);
  const server = await serve(address, restarting, { flavour: "naemon" });
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

test("a dump during which the core restarted is thrown away and taken again", async () => {
  const { dump, connections } = await dumpOf(2);
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
  expect((await dumpOf(2, 1)).connections).toBe(3);
});

test("a core that keeps restarting is told", async () => {
  await expect(dumpOf(9)).rejects.toMatchObject({ code: "core-restarting" });
});
