import { hostStateTable, hostTable, type Log, serviceStateTable } from "@siteferry/model";
import { connect, parseAddress, parseHeaderLine, serve, type Source } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { openSite, type Site, type SiteOptions } from "./site.ts";

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const everything: SiteOptions = { filters: { hosts: [], services: [] }, flavour: "auto", log };
const clock = { now: () => 1_795_000_000_000 };

function fakeSource(): Source {
  return makeFakeSite({ hosts: 4, servicesPerHost: 3, seed: 1, clock }).source;
}

/** `source` with one cell of `status` read through `change`. */
function withStatus(source: Source, column: string, change: (value: number) => number): Source {
  return {
    tables() {
      const tables = source.tables();
      const status = tables["status"]!;
      const index = Object.keys(status.columns).indexOf(column);
      return {
        ...tables,
        status: {
          ...status,
          rows: () =>
            [...status.rows()].map((row) =>
              row.map((cell, at) => (at === index ? change(Number(cell)) : cell)),
            ),
        },
      };
    },
  };
}

async function withSite<Result>(
  source: Source,
  options: SiteOptions,
  work: (site: Site) => Promise<Result>,
): Promise<Result> {
  await using directory = await makeTemporaryDirectory("collect");
  const address = parseAddress(`unix:${directory.path}/live`);
  const server = await serve(address, source, { flavour: "naemon" });
  const client = await connect(address);
  try {
    return await work(await openSite(client, options));
  } finally {
    await client.close();
    await server.close();
  }
}

async function count(site: Site, table: Parameters<Site["read"]>[0]): Promise<number> {
  let rows = 0;
  for await (const batch of site.read(table)) rows += batch.length;
  return rows;
}

test("a whole site is read, and a filter chooses from it", async () => {
  const rows = await withSite(fakeSource(), everything, async (site) => {
    const counts = [await count(site, hostTable), await count(site, serviceStateTable)];
    await site.confirm();
    expect(site.versions.flavour).toBe("naemon");
    return counts;
  });
  expect(rows).toEqual([4, 12]);
  const filters = { hosts: [parseHeaderLine("Filter: name ~ ^sw")], services: [] };
  const switches = await withSite(fakeSource(), { ...everything, filters }, (site) =>
    count(site, hostStateTable),
  );
  expect(switches).toBeGreaterThan(0);
  expect(switches).toBeLessThan(4);
});

test("a server that cuts large answers silently is noticed", async () => {
  const source = withStatus(fakeSource(), "num_services", (number) => number + 1);
  await expect(
    withSite(source, everything, (site) => count(site, serviceStateTable)),
  ).rejects.toMatchObject({ code: "livestatus-incomplete" });
});

test("fewer rows because the core has other objects now aren't a cut answer", async () => {
  const before = withStatus(fakeSource(), "num_services", (number) => number + 1);
  let reads = 0;
  const changes: Source[] = [
    // An Icinga 2 whose objects were removed at run time; a core that reloaded and is still at it.
    withStatus(fakeSource(), "num_services", (number) => (++reads === 1 ? number + 1 : number)),
    withStatus(before, "program_start", () => ++reads),
  ];
  for (const source of changes) {
    await expect(
      withSite(source, everything, (site) => count(site, serviceStateTable)),
    ).rejects.toMatchObject({ code: "core-restarting" });
  }
});

test("a restart between two tables makes the dump worthless", async () => {
  let start = 0;
  const source = withStatus(fakeSource(), "program_start", () => ++start);
  await expect(
    withSite(source, everything, async (site) => {
      await count(site, hostTable);
      await site.confirm();
    }),
  ).rejects.toMatchObject({ code: "core-restarting" });
});

test("a row whose name no core could take is left out, and counted", async () => {
  const source = fakeSource();
  const evil: Source = {
    tables() {
      const tables = source.tables();
      const hosts = tables["hosts"]!;
      const index = Object.keys(hosts.columns).indexOf("name");
      const rename = (cells: readonly unknown[], row: number): readonly unknown[] =>
        cells.map((cell, at) => (at === index && row === 1 ? "evil;name" : cell));
      return { ...tables, hosts: { ...hosts, rows: () => [...hosts.rows()].map(rename) as never } };
    },
  };
  const warnings: string[] = [];
  const options = {
    ...everything,
    log: { ...log, warn: (_: object, text: string) => void warnings.push(text) },
  };
  await withSite(evil, options, async (site) => {
    expect(await count(site, hostTable)).toBe(3);
    expect(site.rowsRefused).toBe(1);
  });
  expect(warnings.join()).toContain('"evil;name" contains a semicolon');
});
