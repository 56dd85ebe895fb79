import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Address } from "../address.ts";
import type { Source } from "../server/source.ts";
import { serve, type LivestatusServer, type ServerOptions } from "./server.ts";

const local: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const source: Source = {
  tables: () => ({
    hosts: { columns: { name: "string" }, rows: () => [["a"], [`${"a".repeat(60)}b`]] },
    broken: {
      columns: { name: "string" },
      rows: () => {
        throw new Error("the source fails");
      },
    },
  }),
};

async function start(
  options?: ServerOptions,
): Promise<{ server: LivestatusServer; socket: Socket }> {
  const server = await serve(local, source, options);
  const { port } = server.address as { port: number };
  const socket = connectPlain({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  cleanups.push(
    () => server.close(),
    () => socket.destroy(),
  );
  return { server, socket };
}

/** All that comes until the server ends the connection. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += (chunk as Buffer).toString();
  return text;
}

const query = "GET hosts\nColumns: name\nLimit: 1\nResponseHeader: fixed16\n";

test("several requests in one piece are answered in their order, the last by half-close", async () => {
  const { socket } = await start();
  socket.end(`${query}KeepAlive: on\n\nGET nosuch\nKeepAlive: on\n\n${query}`);
  expect(await readToEnd(socket)).toBe(
    "200           2\na\nInvalid GET request, no such table 'nosuch'\n200           2\na\n",
  );
});

test("without KeepAlive the connection ends after the answer", async () => {
  const { socket } = await start();
  socket.write(`${query}\n${query}\n`);
  expect(await readToEnd(socket)).toBe("200           2\na\n");
});

test("naemon says some errors without a header, Icinga 2 hangs up", async () => {
  const naemon = await start({ flavour: "naemon" });
  naemon.socket.write(`FOO bar\nResponseHeader: fixed16\n\n`);
  expect(await readToEnd(naemon.socket)).toBe("Invalid request method\n");
  const icinga2 = await start({ flavour: "icinga2" });
  icinga2.socket.write(`FOO bar\nResponseHeader: fixed16\nKeepAlive: on\n\n`);
  expect(await readToEnd(icinga2.socket)).toBe("");
});

test("Icinga 2 answers a command if a header was asked for", async () => {
  const { socket } = await start({ flavour: "icinga2" });
  socket.end("COMMAND [1795228665] X;y\nResponseHeader: fixed16\n\n");
  expect(await readToEnd(socket)).toBe("200           0\n");
});

test("an endless line is refused", async () => {
  const { socket } = await start();
  socket.write("x".repeat(70_000));
  expect(await readToEnd(socket)).toMatch(/^413 /);
});

test("a request that is never completed is ended, and so is an idle connection", async () => {
  const slow = await start({ requestTimeoutMs: 20 });
  slow.socket.write("GET hosts\n");
  expect(await readToEnd(slow.socket)).toMatch(/^413 /);
  const idle = await start({ idleTimeoutMs: 20 });
  expect(await readToEnd(idle.socket)).toBe("");
});

test("a pattern that would run for years is stopped, and the server goes on", async () => {
  const { socket } = await start({ queryTimeoutMs: 50 });
  const endless =
    "GET hosts\nColumns: name\nFilter: name ~ ^(a+)+$\nResponseHeader: fixed16\nKeepAlive: on\n";
  socket.end(`${endless}\n${query}`);
  expect(await readToEnd(socket)).toMatch(/^413 [^]*200 {11}2\na\n$/);
});

test("a source that fails ends that connection only", async () => {
  const { server, socket } = await start();
  socket.write("GET broken\n\n");
  await expect(readToEnd(socket)).resolves.toBe("");
  const { port } = server.address as { port: number };
  const next = connectPlain({ port, host: "127.0.0.1" });
  next.write(`${query}\n`);
  expect(await readToEnd(next)).toBe("200           2\na\n");
});

test("closing ends the connections that are open", async () => {
  const { server, socket } = await start();
  socket.write("GET hosts\n");
  await once(socket, "connect");
  const closed = new Promise((resolve) => socket.resume().once("close", resolve));
  await server.close();
  await closed;
  expect(socket.destroyed).toBe(true);
});

test("an address that is taken is an error that names it", async () => {
  const { server } = await start();
  await expect(serve(server.address, source)).rejects.toThrow(
    expect.objectContaining({
      code: "livestatus-unreachable",
      message: expect.stringContaining("EADDRINUSE"),
    }),
  );
});
