import fc from "fast-check";
import { expect, test } from "vitest";
import { flavours } from "./flavour.ts";
import { parseRequest } from "./parse-request.ts";
import { RequestReader } from "./request-reader.ts";

const { checkmk, icinga2 } = flavours;

function requests(text: string, size = text.length): string[][] {
  const reader = new RequestReader();
  const bytes = Buffer.from(text);
  const found: string[][] = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...[...reader.push(bytes.subarray(at, at + size))].map((lines) => [...lines]));
  }
  const last = reader.end();
  return last === null ? found : [...found, [...last]];
}

test("requests are the same however they are cut, the last one ended by the half-close", () => {
  const text = "\n\nGET hosts  \nColumns: name\r\n\nGET services\nFilter: description = Größe";
  const whole = [
    ["GET hosts", "Columns: name"],
    ["GET services", "Filter: description = Größe"],
  ];
  expect(requests(text)).toEqual(whole);
  expect(requests(text, 1)).toEqual(whole);
});

test("a line or a request without end is refused before it fills the memory", () => {
  const tooLong = expect.objectContaining({ status: 413 });
  expect(() => requests("x".repeat(65_537))).toThrow(tooLong);
  expect(() => requests("x\n".repeat(600_000))).toThrow(tooLong);
  expect(() => requests("Filter: name = x\n".repeat(100_000), 1000)).toThrow(tooLong);
});

test("all that a request may say", () => {
  const text =
    "GET hosts\nColumns: name state\nColumns: alias\nFilter: name = a\nStats: state = 0\nLimit: 5\n" +
    "ColumnHeaders: on\nSeparators: 28 31 30 29\nOutputFormat: json\nResponseHeader: fixed16\n" +
    "KeepAlive: on\nAuthUser: alice\nLocaltime: 1795228665";
  expect(parseRequest(requests(text)[0]!, checkmk)).toEqual({
    framing: {
      fixed16: true,
      keepAlive: true,
      separators: { row: 28, field: 31, item: 30, part: 29 },
    },
    ask: {
      kind: "get",
      table: "hosts",
      columns: ["name", "state", "alias"],
      filters: [{ kind: "test", column: "name", operator: "=", value: "a" }],
      stats: [{ kind: "test", column: "state", operator: "=", value: "0" }],
      limit: 5,
      columnHeaders: true,
      format: "json",
      authUser: "alice",
    },
  });
});

test("who doesn't name columns is told their names", () => {
  expect(parseRequest(["GET hosts"], checkmk).ask).toMatchObject({ columnHeaders: true });
  expect(parseRequest(["GET hosts", "Columns: name"], checkmk).ask).toMatchObject({
    columnHeaders: false,
  });
  expect(parseRequest(["GET hosts", "Stats: state = 0"], checkmk).ask).toMatchObject({
    columnHeaders: false,
  });
});

test("the answer about a bad header is framed as a later header wants it", () => {
  const { framing, ask } = parseRequest(
    ["GET hosts", "Limit: x", "ResponseHeader: fixed16"],
    checkmk,
  );
  expect(framing.fixed16).toBe(true);
  expect(ask).toMatchObject({ kind: "fault", fault: { status: 400 } });
});

test("Icinga 2 passes over headers that it doesn't know", () => {
  const lines = ["GET hosts", "Filter name = x", "Foo: bar", "constructor: x"];
  expect(parseRequest(lines, icinga2).ask.kind).toBe("get");
  expect(parseRequest(lines, checkmk).ask.kind).toBe("fault");
});

test("no bytes whatever bring the reader or the parser down", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        "GET hosts\n",
        "\n\nGET hosts\n\n",
        "\n\nCOMMAND [1] X\n\n",
        "Filter: ",
        "And: ",
        "Negate:\n",
        "Separators: ",
        "Limit: ",
        " = ",
        "\n",
        "9",
        "COMMAND ",
        "StatsOr: 1\n",
        "__proto__: x\n",
      )
      .map((text) => Buffer.from(text)),
  );
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const reader = new RequestReader();
      const seen = pieces.flatMap((bytes) => [...reader.push(bytes)]);
      const last = reader.end();
      for (const lines of last ? [...seen, last] : seen) {
        kinds.add(parseRequest(lines, checkmk).ask.kind);
      }
    }),
    { numRuns: 500 },
  );
  expect([...kinds].toSorted()).toEqual(["command", "fault", "get"]);
});
