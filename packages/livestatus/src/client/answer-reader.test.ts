import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ownSeparators } from "../separators.ts";
import { AnswerReader } from "./answer-reader.ts";
import type { Row } from "./row-decoder.ts";

// What a running naemon-livestatus 1.5.1 answered, with the separators 10 31 30 29.
const recorded = { row: 10, field: 31, item: 30, part: 29 };
const recording = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, "../recordings", `${name}.answer`));
const tables = ["hosts", "services", "log", "status", "hostgroups"];

interface Options {
  readonly width?: number | null;
  readonly separators?: typeof ownSeparators;
  readonly bytesMax?: number;
  readonly bad?: string[];
}

function open({ width = null, separators = recorded, bytesMax = 1e9, bad = [] }: Options = {}) {
  const onBadRow = (shown: string) => void bad.push(shown);
  return new AnswerReader({ where: "unix:/live", separators, width, bytesMax, onBadRow });
}

function readAll(bytes: Buffer, size: number, options?: Options): Row[] {
  const reader = open(options);
  const rows: Row[] = [];
  for (let at = 0; at < bytes.length; at += size)
    rows.push(...reader.push(bytes.subarray(at, at + size)));
  if (!reader.done) throw reader.failure("closed");
  return rows;
}

const framed = (body: Buffer | string, status = "200", end = "\n"): Buffer =>
  Buffer.concat([
    Buffer.from(`${status} ${String(Buffer.byteLength(body)).padStart(11)}${end}`, "latin1"),
    Buffer.from(body as string),
  ]);

const code = (expected: string, words = "") =>
  expect.objectContaining({ code: expected, message: expect.stringContaining(words) });

test.each(tables)("the recorded table %s is the same in one piece and byte by byte", (name) => {
  const bytes = recording(name);
  const rows = readAll(bytes, bytes.length);
  expect(rows.length).toBeGreaterThan(1);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(readAll(bytes, 1)).toEqual(rows);
  expect(readAll(bytes, 1000)).toEqual(rows);
});

test("emoji, umlauts and backslashes of a recorded site arrive as they are", () => {
  const [heading, ...rows] = readAll(recording("services"), 4096);
  const cells = (name: string) => rows.map((row) => row[heading!.indexOf(name)]);
  expect(cells("plugin_output")).toContain("OK - Übertragung 10 MBit/s, emoji 🚀, euro €");
  expect(cells("long_plugin_output")).toContain(
    "Inodes: 4% used\\nMount options: rw,relatime\\nBackslash here: D:\\temp",
  );
});

test.each(["hosts", "status", "error-no-such-table"])(
  "%s cut at any place is never taken for complete",
  (name) => {
    const bytes = recording(name);
    for (let length = 0; length < bytes.length; length += 1) {
      const reader = open();
      reader.push(bytes.subarray(0, length));
      expect(reader.done).toBe(false);
      expect(reader.failure("closed").code).toBe("livestatus-cut");
      expect(reader.failure("silent").code).toBe("livestatus-timeout");
    }
  },
);

test("an error is told in the server's own words, and the connection can go on", () => {
  const reader = open();
  expect(() => reader.push(recording("error-invalid-filter"))).toThrow(
    code("livestatus-refused", "unix:/live: error 400: invalid filter header: missing operator"),
  );
  expect(reader.done).toBe(true);
});

test("Icinga 2's header ends with the first separator, its error with a stack trace", () => {
  expect(
    readAll(framed("a\u001fb\u001c", "200", "\u001c"), 1, { separators: ownSeparators }),
  ).toEqual([["a", "b"]]);
  const trace = `Error: Column 'x' does not exist.\n\nStacktrace:\n${" 0# abc\n".repeat(2000)}`;
  expect(() => readAll(framed(trace, "452"), 100)).toThrow(
    expect.objectContaining({
      message: "unix:/live: error 452: Error: Column 'x' does not exist.",
    }),
  );
});

test.each([
  ["bare-invalid-method", "Invalid request method"],
  ["bare-undefined-header", "Undefined"],
])("the text of %s, which has no header, is shown without waiting for more", (name, words) => {
  const reader = open();
  const push = (): void => [...recording(name)].forEach((byte) => reader.push(Buffer.of(byte)));
  expect(push).toThrow(code("livestatus-protocol", words));
  expect(() => open().push(recording(name))).toThrow(code("livestatus-protocol", words));
});

test("text without a header and without an end is shown when nothing more comes", () => {
  const reader = open();
  expect(reader.push(Buffer.from("SSH-2.0-\u001b[2J"))).toEqual([]);
  expect(reader.failure("silent")).toEqual(code("livestatus-protocol", "SSH-2.0-\\x1b[2J"));
  expect(() => reader.push(Buffer.alloc(10_000, "x"))).toThrow(code("livestatus-protocol"));
});

test.each([
  ["a sign in the length", "200          -1\n"],
  ["hexadecimal", "200        0x10\n"],
  ["a header on the left", "200 5          \n"],
  ["two numbers", "200     5     5\n"],
  ["another end", "200           0x"],
  ["no length", "200            \n"],
  ["letters in the status", "2OO           0\n"],
])("%s is no header", (_, header) => {
  const reader = open();
  expect(() => {
    reader.push(Buffer.from(header));
    throw reader.failure("closed");
  }).toThrow(code("livestatus-protocol"));
});

test("bytes beyond the answer belong to nobody", () => {
  expect(() => readAll(Buffer.concat([framed("a\n"), Buffer.from("x")]), 100)).toThrow(
    code("livestatus-protocol", "more bytes"),
  );
});

test("an answer over the limit is refused by its header, before it is read", () => {
  const header = framed(Buffer.alloc(101)).subarray(0, 16);
  expect(() => open({ bytesMax: 100 }).push(header)).toThrow(code("livestatus-too-large", "101"));
});

test("a row without end is refused before it fills the memory", () => {
  const reader = open();
  reader.push(Buffer.from("200   999999999\n"));
  const piece = Buffer.alloc(1024 * 1024, "x");
  expect(() => {
    for (let count = 0; count < 20; count += 1) reader.push(piece);
  }).toThrow(code("livestatus-too-large", "unix:/live"));
});

test("a row with too many or too few fields is left out, the others stay", () => {
  const bad: string[] = [];
  const body = "a\u001fb\u001cx\u001b\u001cc\u001fd\u001cx\u001fy\u001fz\u001crest";
  const rows = readAll(framed(body), 7, { width: 2, separators: ownSeparators, bad });
  expect(rows).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect(bad).toEqual(["x\\x1b", "x y z", "rest"]);
});

test("any text in any encoding comes back field by field, however it is cut", () => {
  const text = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom("ä", "ÿ", "€", "🚀", "\n", "\\", ";", "|"),
        fc.string({ maxLength: 1 }),
      ),
    })
    .map((field) => field.replaceAll(/[\u001c\u001f]/g, ""));
  const field = fc
    .record({ text, latin1: fc.boolean() })
    .map((choice) => ({
      ...choice,
      text: choice.latin1 ? choice.text.replaceAll(/[^\u0000-\u00ff]/g, "") : choice.text,
    }))
    // Latin-1 that happens to be valid UTF-8 can't be told from it.
    .map((choice) => ({
      text: choice.text,
      bytes: Buffer.from(
        choice.text,
        choice.latin1 && Buffer.from(choice.text, "latin1").toString("utf8").includes("\ufffd")
          ? "latin1"
          : "utf8",
      ),
    }));
  const table = fc.array(fc.tuple(field, field, field), { maxLength: 20 });
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 50 }), (rows, size) => {
      const [end, between] = [Buffer.from([28]), Buffer.from([31])];
      const bytes = rows.flatMap(([a, b, c]) => [a.bytes, between, b.bytes, between, c.bytes, end]);
      const options = { separators: ownSeparators, width: 3 };
      expect(readAll(framed(Buffer.concat(bytes)), size, options)).toEqual(
        rows.map((row) => row.map((cell) => cell.text)),
      );
    }),
  );
});
