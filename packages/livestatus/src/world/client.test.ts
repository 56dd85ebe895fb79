import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cells } from "@siteferry/model";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { parseAddress, type Address } from "../address.ts";
import { readColumns } from "../client/columns.ts";
import type { Query } from "../client/query.ts";
import type { Row } from "../client/row-decoder.ts";
import type { FlavourName } from "../server/flavour.ts";
import type { Source } from "../server/source.ts";
import { connect, type ClientOptions, type LivestatusClient } from "./client.ts";
import { serve } from "./server.ts";

const directory = mkdtempSync(join(tmpdir(), "livestatus-"));
const local = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
const flavours: FlavourName[] = ["naemon", "checkmk", "icinga2"];
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  rmSync(directory, { recursive: true, force: true });
});

/** A server that does with each connection what `converse` says. */
async function scripted(converse: (socket: Socket) => void): Promise<Address> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    converse(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { ...local, port: (server.address() as { port: number }).port };
}

/** Answers the first request with `bytes`, whatever it asks. */
const replay = (bytes: Buffer | string, then: "close" | "stay" = "close"): Promise<Address> =>
  scripted((socket) =>
    socket.once("data", () => (then === "close" ? socket.end(bytes) : socket.write(bytes))),
  );

async function open(address: Address, options?: ClientOptions): Promise<LivestatusClient> {
  const client = await connect(address, options);
  cleanups.push(() => client.close());
  return client;
}

async function all(client: LivestatusClient, query: Query, bad: string[] = []): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of client.rows(query, (shown) => bad.push(shown))) rows.push(...batch);
  return rows;
}

const code = (expected: string, words = ""): Error =>
  expect.objectContaining({ code: expected, message: expect.stringContaining(words) }) as Error;

const names: Query = { table: "hosts", columns: ["name"] };

function source(rows: () => Iterable<Cells>, commands: string[] = []): Source {
  const columns = { name: "string", state: "int", groups: "list" } as const;
  return { tables: () => ({ hosts: { columns, rows } }), command: (line) => commands.push(line) };
}

async function served(from: Source, flavour: FlavourName, address: Address = local) {
  const server = await serve(address, from, { flavour });
  cleanups.push(() => server.close());
  return server.address;
}

test.each(flavours)("any table comes back from %s, query after query", async (flavour) => {
  let rows: Cells[] = [];
  const client = await open(
    await served(
      source(() => rows),
      flavour,
    ),
  );
  const text = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom("ä", "🚀", "\n", "\r", ";", "\\", "ÿ"),
        fc.string({ maxLength: 1 }),
      ),
    })
    .map((value) => value.replaceAll(/[\u001c-\u001f]/g, ""));
  const row = fc.tuple(text, fc.integer(), fc.array(text, { maxLength: 3 }));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (table) => {
      rows = table;
      const found = await all(client, { table: "hosts", columns: ["name", "state", "groups"] });
      const expected = table.map(([name, state, groups]) => [
        name,
        `${state}`,
        groups.join("\u001e"),
      ]);
      expect(flavour === "icinga2" ? found.toReversed() : found).toEqual(expected);
    }),
  );
});

test.each(flavours)(
  "the columns that %s has are known before they are asked for",
  async (flavour) => {
    const client = await open(
      await served(
        source(() => [["a", 0, []]]),
        flavour,
      ),
    );
    const columns = await readColumns(client, ["hosts", "services"]);
    expect([...columns.get("hosts")!.keys()]).toEqual(["name", "state", "groups"]);
    expect(columns.get("hosts")!.get("groups")).toBe(flavour === "icinga2" ? "unknown" : "list");
    expect(columns.get("services")!.size).toBe(0);
  },
);

test.each(flavours)(
  "commands reach %s, and the next query isn't answered by their echo",
  async (flavour) => {
    const commands: string[] = [];
    const client = await open(
      await served(
        source(() => [["a", 0, []]], commands),
        flavour,
      ),
    );
    for (let count = 0; count < 3; count += 1) {
      await client.command(`ENABLE_HOST_CHECK;${count}`, 1_795_228_665);
      expect(await all(client, names)).toEqual([["a"]]);
    }
    expect(commands[2]).toBe("[1795228665] ENABLE_HOST_CHECK;2");
  },
);

test("commands sent just before the end arrive", async () => {
  const commands: string[] = [];
  const client = await connect(
    await served(
      source(() => [], commands),
      "icinga2",
    ),
  );
  for (let count = 0; count < 1000; count += 1) await client.command(`X;${count}`, 1);
  await client.close();
  expect(commands).toHaveLength(1000);
});

test("an error of the server leaves the connection usable", async () => {
  const client = await open(
    await served(
      source(() => [["a", 0, []]]),
      "checkmk",
    ),
  );
  await expect(all(client, { table: "nosuch", columns: ["x"] })).rejects.toThrow(
    code("livestatus-refused", "error 404: Invalid GET request, no such table 'nosuch'"),
  );
  expect(await all(client, names)).toEqual([["a"]]);
});

test("a unix socket serves as well", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "livestatus-")), "live");
  cleanups.push(() => rmSync(join(path, ".."), { recursive: true }));
  const client = await open(
    await served(
      source(() => [["a", 0, []]]),
      "naemon",
      { kind: "unix", path },
    ),
  );
  expect(await all(client, names)).toEqual([["a"]]);
});

test("a consumer that stops early can't read the rest as the next answer", async () => {
  const many = Array.from({ length: 100_000 }, (_, index) => [`host ${index}`, 0, []]);
  const client = await open(
    await served(
      source(() => many),
      "checkmk",
    ),
  );
  let rows = 0;
  for await (const batch of client.rows(names)) {
    rows += batch.length;
    break;
  }
  expect(rows).toBeLessThan(100_000);
  await expect(all(client, names)).rejects.toThrow(code("livestatus-cut"));
});

test("a large answer comes in batches that don't grow with it", async () => {
  const many = Array.from({ length: 200_000 }, (_, index) => [`host ${index}`, 0, []]);
  const client = await open(
    await served(
      source(() => many),
      "checkmk",
    ),
  );
  let rows = 0;
  let largest = 0;
  for await (const batch of client.rows(names)) {
    rows += batch.length;
    largest = Math.max(largest, batch.length);
  }
  expect(rows).toBe(200_000);
  expect(largest).toBeLessThan(60_000);
});

test("two queries at once are a mistake of the caller", async () => {
  const client = await open(
    await served(
      source(() => [["a", 0, []]]),
      "checkmk",
    ),
  );
  const first = client.rows(names);
  const begun = first.next();
  await expect(client.rows(names).next()).rejects.toThrow("one query at a time");
  expect((await begun).value).toEqual([["a"]]);
});

test("a row that a separator in a value has broken is left out and shown", async () => {
  const rows: Cells[] = [
    ["a", 0, []],
    ["b\u001fc", 0, []],
    ["d", 0, []],
  ];
  const client = await open(
    await served(
      source(() => rows),
      "checkmk",
    ),
  );
  const bad: string[] = [];
  expect(await all(client, { ...names, columns: ["name", "state"] }, bad)).toEqual([
    ["a", "0"],
    ["d", "0"],
  ]);
  expect(bad).toEqual(["b c 0"]);
});

test("no socket, no listener, no host: the address and the reason", async () => {
  const gone = join(directory, "gone");
  await expect(connect({ kind: "unix", path: gone })).rejects.toThrow(
    code("livestatus-unreachable", `unix:${gone}: there is no such socket (ENOENT)`),
  );
  const address = await scripted(() => {});
  await cleanups.pop()!();
  await expect(connect(address)).rejects.toThrow(
    code("livestatus-unreachable", "nothing listens there (ECONNREFUSED)"),
  );
  await expect(connect(parseAddress("tcp:no-such-host.invalid:6557"))).rejects.toThrow(
    code("livestatus-unreachable"),
  );
});

test.each([
  ["accepts and says nothing", "", "livestatus-timeout"],
  ["stops in the header", "200       ", "livestatus-timeout"],
  ["stops in a row", "200          10\nabc", "livestatus-timeout"],
  ["says something without an end", "hello", "livestatus-protocol"],
])("a server that %s isn't waited for without end", async (_, bytes, expected) => {
  const client = await open(await replay(bytes, "stay"), { answerTimeoutMs: 50 });
  await expect(all(client, names)).rejects.toThrow(code(expected));
});

test.each([
  ["at once", "", "livestatus-cut"],
  ["in the header", "200       ", "livestatus-cut"],
  ["in a row", "200          10\nabc", "livestatus-cut"],
  ["after words without a header", "Permission denied", "livestatus-protocol"],
])("a server that closes %s", async (_, bytes, expected) => {
  const client = await open(await replay(bytes));
  await expect(all(client, names)).rejects.toThrow(code(expected));
});

test("a server that resets the connection has cut the answer", async () => {
  const address = await scripted((socket) => socket.once("data", () => socket.resetAndDestroy()));
  await expect(all(await open(address), names)).rejects.toThrow(code("livestatus-cut"));
});

test("a connection that dies between two queries ends the next one, not the process", async () => {
  let accepted: Socket | undefined;
  const address = await scripted((socket) => {
    accepted = socket;
    socket.once("data", () => socket.write("200           2\na\u001c"));
  });
  const client = await open(address);
  expect(await all(client, names)).toEqual([["a"]]);
  accepted!.resetAndDestroy();
  await expect(all(client, names)).rejects.toThrow(code("livestatus-cut"));
});

test("an answer over the limit isn't read", async () => {
  const client = await open(await replay("200      100000\n", "stay"), { answerBytesMax: 1000 });
  await expect(all(client, names)).rejects.toThrow(code("livestatus-too-large"));
});

test("rows of a recorded answer arrive over a socket, byte after byte", async () => {
  const bytes = readFileSync(join(import.meta.dirname, "../recordings/error-no-such-table.answer"));
  const address = await scripted((socket) => {
    socket.setNoDelay(true);
    socket.once("data", () => {
      for (const byte of bytes) socket.write(Buffer.of(byte));
      socket.end();
    });
  });
  await expect(all(await open(address), names)).rejects.toThrow(code("livestatus-refused", "404"));
});
