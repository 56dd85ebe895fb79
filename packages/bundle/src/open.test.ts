// Steps 9 to 12: what a site with a good key may still not say. Each bundle here is signed.

import { gzipSync, zstdCompressSync } from "node:zlib";
import { limits, serviceStateTable, type RefusalCode } from "@siteferry/model";
import { assert, asyncProperty, jsonValue, nat } from "fast-check";
import { describe, expect, test } from "vitest";
import { tarHeader } from "./archive.ts";
import { forge, open, serviceLine, tarEntry, type Forgery } from "./forge.ts";
import { columnsLine } from "./layout.ts";

async function refusal(forgery: Forgery): Promise<string> {
  return open(forge(forgery)).then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );
}

async function rowRefusal(...service_states: string[]): Promise<string> {
  return refusal({ lines: { service_states } });
}

describe("compression", () => {
  const secondFrame = (payload: Buffer) =>
    Buffer.concat([payload, zstdCompressSync(Buffer.alloc(9))]);
  const emptyFrame = (payload: Buffer) =>
    Buffer.concat([payload, zstdCompressSync(Buffer.alloc(0))]);
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const declare = (inflated: number) => (header: Buffer) =>
    header.writeBigUInt64BE(BigInt(inflated), 192);

  const cases: readonly [string, RefusalCode, Forgery][] = [
    ["R26 a second frame", "frame-second", { payload: secondFrame }],
    ["R26 an empty second frame", "frame-second", { payload: emptyFrame }],
    [
      "bytes behind the frame",
      "frame-second",
      { payload: (p) => Buffer.concat([p, Buffer.alloc(1)]) },
    ],
    ["R27 gzip", "inflation-bad", { payload: () => gzipSync(Buffer.alloc(4096)) }],
    ["a frame that is cut", "inflation-bad", { payload: (p) => p.subarray(0, -1) }],
    ["no payload", "inflation-bad", { payload: () => Buffer.alloc(0) }],
    ["a damaged block", "inflation-bad", { payload: damageBlock }],
    ["R28 a bomb that says so", "inflation-ratio", { archive: () => zeros }],
    [
      "R28 a bomb that denies it",
      "inflation-length",
      { archive: () => zeros, header: declare(4096) },
    ],
    ["R29 an inflated length too small", "inflation-length", { header: declare(100) }],
    ["R29 an inflated length too large", "inflation-length", { header: declare(100_000) }],
    ["R29 an inflated length over all limits", "inflation-ratio", { header: declare(2 ** 52) }],
  ];
  test.each(cases)("%s", async (_name, code, forgery) => {
    expect(await refusal(forgery)).toBe(code);
  });
});

describe("archive", () => {
  const cases: readonly [string, RefusalCode, (archive: Buffer) => Buffer][] = [
    ["R55 traversal", "archive-bad", (archive) => renamed(archive, "../../etc/x")],
    ["R55 an unknown name", "archive-bad", (archive) => renamed(archive, "hosts.cfg")],
    ["R55 a symbolic link", "archive-bad", (archive) => retyped(archive, "2")],
    ["R55 a hard link", "archive-bad", (archive) => retyped(archive, "1")],
    ["R55 a device", "archive-bad", (archive) => retyped(archive, "3")],
    ["R55 a pax header", "archive-bad", (archive) => retyped(archive, "x")],
    ["R55 an entry before the manifest", "archive-bad", (a) => Buffer.concat([entry("x"), a])],
    [
      "R55 an entry after the last",
      "archive-bad",
      (a) => Buffer.concat([a.subarray(0, -1024), entry("x"), Buffer.alloc(1024)]),
    ],
    ["R55 an entry after the end mark", "archive-bad", (a) => Buffer.concat([a, entry("x")])],
    ["zeros after the end mark", "archive-bad", (a) => Buffer.concat([a, Buffer.alloc(512)])],
    ["something in the end mark", "archive-bad", (a) => withByte(a, a.length - 1, 1)],
    ["something in the padding", "archive-bad", (a) => withByte(a, a.length - 1025, 1)],
    ["R32 no end mark", "archive-cut", (archive) => archive.subarray(0, -1024)],
    ["R32 half an end mark", "archive-cut", (archive) => archive.subarray(0, -512)],
    ["R32 members missing", "archive-cut", (archive) => archive.subarray(0, 1536)],
    ["R32 nothing", "archive-cut", () => Buffer.alloc(0)],
    [
      "a size of 8 GiB",
      "archive-cut",
      (archive) => Buffer.concat([tarHeader("manifest.json", 2 ** 33 - 1), archive]),
    ],
  ];
  test.each(cases)("%s", async (_name, code, archive) => {
    expect(await refusal({ archive })).toBe(code);
  });
});

describe("manifest", () => {
  const texts: readonly [string, RefusalCode, (text: string) => string][] = [
    ["R33 a key twice", "manifest-bad", (text) => text.replace("{", '{"format":1,')],
    ["R34 __proto__", "manifest-key", (text) => text.replace("{", '{"__proto__":{"epoch":9},')],
    [
      "R34 __proto__ twice over a key",
      "manifest-key",
      (text) => text.replace('"epoch"', '"__proto__"'),
    ],
    ["R34 __proto__ in a member", "manifest-key", (text) => text.replace('"rows"', '"__proto__"')],
    ["an unknown key", "manifest-key", (text) => text.replace("{", '{"extra":1,')],
    ["white space", "manifest-bad", (text) => text.replace(":", ": ")],
    [
      "another spelling of a number",
      "manifest-bad",
      (text) => text.replace('"epoch":1,', '"epoch":1.0,'),
    ],
    ["an escaped letter", "manifest-bad", (text) => text.replace("keyframe", "\\u006beyframe")],
    ["two values", "manifest-bad", (text) => text + text],
    ["no line feed", "manifest-bad", (text) => text.trim()],
    ["an array", "manifest-bad", () => "[]"],
    ["R35 nesting", "manifest-bad", () => "[".repeat(60_000)],
    ["R36 invalid UTF-8", "text-bad", (text) => text.replace("4.4.14", "4.4.\xff")],
    ["R36 a lone surrogate", "manifest-bad", (text) => text.replace("4.4.14", "\\ud800")],
    [
      "a manifest too long",
      "manifest-bad",
      (text) => text.replace("4.4.14", "4".repeat(limits.manifestBytesMax)),
    ],
    ["a source that is no text", "manifest-bad", (text) => text.replace('"4.4.14"', "[]")],
  ];
  test.each(texts)("%s", async (_name, code, manifestText) => {
    expect(await refusal({ manifestText })).toBe(code);
  });

  const changes: readonly [string, RefusalCode, object][] = [
    ["R10 another site", "identity-differs", { site: "remote2" }],
    ["R10 another epoch", "identity-differs", { epoch: 2 }],
    ["R10 another sequence", "identity-differs", { sequence: 3 }],
    ["R10 another kind", "identity-differs", { kind: "config" }],
    ["R10 another time", "identity-differs", { created: 1 }],
    ["R10 another configuration", "identity-differs", { configuration: "1".repeat(64) }],
    ["another format", "manifest-bad", { format: 3 }],
    ["a member missing", "archive-bad", { members: [] }],
    ["a negative count", "manifest-bad", { members: [{ name: "x", rows: -1, bytes: 0 }] }],
  ];
  test.each(changes)("%s", async (_name, code, change) => {
    expect(await refusal({ manifest: (honest) => ({ ...honest, ...change }) })).toBe(code);
  });
  test("members missing in manifest and archive alike", async () => {
    const manifest: Forgery["manifest"] = (honest) => ({ ...honest, members: [] });
    const archive: Forgery["archive"] = (honest) =>
      Buffer.concat([honest.subarray(0, 1024), Buffer.alloc(1024)]);
    expect(await refusal({ manifest, archive })).toBe("archive-bad");
  });
  test("R31 more rows than any bundle may have", async () => {
    const members = ["host_states.ndjson", "service_states.ndjson"].map((name) => ({
      name,
      rows: limits.recordsMax,
      bytes: 0,
    }));
    const bundle = forge({ format: 1, manifest: (honest) => ({ ...honest, members }) });
    await expect(open(bundle)).rejects.toThrow("the manifest tells of 2000000 rows");
  });
  test("members in another order", async () => {
    const manifest: Forgery["manifest"] = (honest) => ({
      ...honest,
      members: honest.members.toReversed(),
    });
    expect(await refusal({ manifest })).toBe("archive-bad");
  });
  test("a member of another size", async () => {
    const manifest: Forgery["manifest"] = (honest) => ({
      ...honest,
      members: honest.members.map((member) => ({ ...member, bytes: member.bytes + 1 })),
    });
    expect(await refusal({ manifest })).toBe("archive-bad");
  });
  test.each([1, -1, limits.recordsMax])("R31 %i rows more than there are", async (more) => {
    const manifest: Forgery["manifest"] = (honest) => ({
      ...honest,
      members: honest.members.map((member, index) =>
        index < 2 ? { ...member, rows: member.rows + more } : member,
      ),
    });
    const lines = { host_states: [hostLine(0)], service_states: [serviceLine()] };
    expect(await refusal({ lines, manifest })).toBe("record-count");
  });
  test("a configuration under another hash", async () => {
    const raw = { hostgroups: Buffer.from('["name","alias"]\n["a","b"]\n') };
    const manifest: Forgery["manifest"] = (honest) => ({
      ...honest,
      configuration: "1".repeat(64),
    });
    const header = (bytes: Buffer) => void bytes.fill(0x11, 296, 328);
    expect(await refusal({ kind: "config", raw, manifest, header })).toBe("identity-differs");
  });
});

describe("rows", () => {
  const cases: readonly [string, RefusalCode, string][] = [
    ["R38 an object", "record-bad", "{}"],
    ["R38 no JSON", "record-bad", "["],
    ["an empty line", "record-bad", ""],
    ["R38 a cell too many", "record-bad", serviceLine({ 21: 0 })],
    ["R38 a cell too few", "record-bad", "[]"],
    ["R38 an object in a cell", "record-bad", serviceLine({ 12: { a: 1 } })],
    ["R35 nesting", "record-bad", `${"[".repeat(50_000)}${"]".repeat(50_000)}`],
    ["R34 __proto__", "record-bad", serviceLine({ 12: 0 }).replace(",0,", ',{"__proto__":1},')],
    ["R36 a lone surrogate", "text-bad", serviceLine({ 12: "\ud800" })],
    ["R37 infinity", "number-bad", serviceLine().replace("1.25", "1e999")],
    ["R37 NaN", "record-bad", serviceLine().replace("1.25", "NaN")],
    ["R37 null for a number", "record-bad", serviceLine({ 11: null })],
    ["R37 text for a number", "record-bad", serviceLine({ 11: "1" })],
    ["R37 an integer over 2^53", "number-bad", serviceLine({ 5: 2 ** 53 })],
    ["R37 a fraction for an integer", "number-bad", serviceLine({ 5: 1.5 })],
    ["R37 a flag of 2", "number-bad", serviceLine({ 2: 2 })],
    ["R37 a flag of true", "record-bad", serviceLine({ 2: true })],
    ["R37 a time before 1970", "number-bad", serviceLine({ 6: -1 })],
    ["R37 a time after 2242", "number-bad", serviceLine({ 6: 2 ** 33 })],
    ["R37 R47 a state of 4", "number-bad", serviceLine({ 3: 4 })],
    ["R37 R47 a state of -1", "number-bad", serviceLine({ 3: -1 })],
    ["R42 a line feed in a host name", "name-bad", serviceLine({ 0: "a\nb" })],
    ["R42 a line feed in a service", "name-bad", serviceLine({ 1: "a\nb" })],
    ["R44 a backslash at the end of a service", "name-bad", serviceLine({ 1: "a\\" })],
    ["R44 a backslash in a host name", "name-bad", serviceLine({ 0: "a\\b" })],
    ["R45 a semicolon in a host name", "name-bad", serviceLine({ 0: "a;b" })],
    ["R45 a semicolon in a service", "name-bad", serviceLine({ 1: "a;b" })],
    ["a name that is a number", "record-bad", serviceLine({ 0: 1 })],
    [
      "R38 a row over the limit",
      "record-too-long",
      serviceLine({ 12: "x".repeat(limits.recordBytesMax) }),
    ],
  ];
  test.each(cases)("%s", async (_name, code, line) => {
    expect(await rowRefusal(line)).toBe(code);
  });
  test("R33 the same object twice", async () => {
    expect(await rowRefusal(serviceLine(), serviceLine({ 3: 2 }))).toBe("record-twice");
    expect(await rowRefusal(serviceLine(), serviceLine({ 1: "Disk" }))).toBe("accepted");
  });
  test("R37 R47 a host state of 3", async () => {
    expect(await refusal({ lines: { host_states: [hostLine(3)] } })).toBe("number-bad");
    expect(await refusal({ lines: { host_states: [hostLine(2)] } })).toBe("accepted");
  });
  test("one row over two lines, and two rows on one", async () => {
    expect(await rowRefusal(`${serviceLine()},${serviceLine({ 1: "Disk" })}`)).toBe("record-bad");
  });

  const head = columnsLine(serviceStateTable);
  const raws: readonly [string, RefusalCode, Buffer][] = [
    ["R38 R48 other columns", "record-bad", Buffer.from(`${head.replace("state", "status")}\n`)],
    ["no columns", "record-bad", Buffer.alloc(0)],
    ["R36 invalid UTF-8", "text-bad", Buffer.from(`${head}\n["\xff"]\n`, "latin1")],
    ["R36 a surrogate in UTF-8", "text-bad", Buffer.from(`${head}\n["\xed\xa0\x80"]\n`, "latin1")],
  ];
  test.each(raws)("%s", async (_name, code, content) => {
    expect(await refusal({ raw: { service_states: content } })).toBe(code);
  });
  test("R32 a last row without its end", async () => {
    const raw = { service_states: Buffer.from(`${head}\n${serviceLine()}`) };
    const manifest: Forgery["manifest"] = (honest) => ({
      ...honest,
      members: honest.members.map((member, index) => ({ ...member, rows: index })),
    });
    await expect(open(forge({ raw, manifest }))).rejects.toThrow("ends in the middle of a row");
  });
  test.each([[["A"]], [["A", "b", "c"]], ["Ab"], [["A", 1]]])("pairs that are %j", async (pair) => {
    expect(await refusal({ kind: "config", lines: { hosts: [hostConfiguration([pair])] } })).toBe(
      "record-bad",
    );
  });
  test("pairs that are pairs", async () => {
    const lines = { hosts: [hostConfiguration([["A", "b"]])] };
    expect(await refusal({ kind: "config", lines })).toBe("accepted");
  });
  test("the message names member, line and column", async () => {
    const bundle = forge({ lines: { service_states: [serviceLine({ 3: 7 })] } });
    await expect(open(bundle)).rejects.toThrow(
      "service_states.ndjson line 2, state: 7 is out of range",
    );
  });
  test("any JSON whatever in a row is taken or refused, never an accident", async () => {
    await assert(
      asyncProperty(nat(20), jsonValue(), async (index, cell) => {
        expect(await rowRefusal(serviceLine({ [index]: cell }))).toMatch(
          /^(accepted|record-bad|number-bad|name-bad|text-bad)$/,
        );
      }),
      { numRuns: 200 },
    );
  });
});

function hostConfiguration(custom_variables: unknown): string {
  const texts = ["web1", "Web", "192.0.2.1", [], "Web", "check", 3, 1, 1, 1, [], [], []];
  return JSON.stringify([...texts, null, null, null, null, custom_variables]);
}

function hostLine(state: number): string {
  const [, , ...cells] = JSON.parse(serviceLine({ 3: state })) as unknown[];
  return JSON.stringify(["web1", ...cells]);
}

function entry(name: string): Buffer {
  return tarEntry({ name, content: Buffer.from("x") });
}

function renamed(archive: Buffer, name: string): Buffer {
  const size = Number.parseInt(archive.toString("latin1", 124, 135), 8);
  return Buffer.concat([tarHeader(name, size), archive.subarray(512)]);
}

/** The first header with another type flag and a checksum that is right. */
function retyped(archive: Buffer, type: string): Buffer {
  const copy = withByte(archive, 156, type.charCodeAt(0));
  copy.write("        ", 148, "latin1");
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

function withByte(bytes: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = value;
  return copy;
}

/** The first block calls itself compressed and is none. */
function damageBlock(payload: Buffer): Buffer {
  return withByte(payload, payload.length - 3, payload.at(-3)! ^ 0xff);
}
