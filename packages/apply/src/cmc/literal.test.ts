// Literals both ways, and everything else that Python knows.

import { execFileSync } from "node:child_process";
import { limits, parseHostName, type HostName, type SiteId } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { readShadowHosts, shadowHostLine, shadowHostsFile } from "./configuration.ts";
import type { Literal } from "./literal.ts";
import { writeLiteral } from "./write-literal.ts";

// Megabytes are parsed here, also on a machine that does other things.
vi.setConfig({ testTimeout: 60_000 });

const site = "remote1" as SiteId;

function read(text: string): Record<string, Literal> {
  return Object.fromEntries([...readShadowHosts(text)].map(({ name, value }) => [name, value]));
}

/** A dump with this as the value of its one host. */
function dump(value: string): string {
  return `shadow_hosts.update({'h': ${value}})\n`;
}

function outcome(text: string): string {
  try {
    read(text);
    return "accepted";
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    const [, place] = /line (\d+ column \d+)/.exec(message) ?? [];
    return place === undefined ? code : `${code} ${place}`;
  }
}

const scalar = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.oneof(fc.string({ unit: "binary" }), fc.bigInt({ min: 2n, max: 99n }));
/** One deep less than the limit: a host stands in the outermost dict. */
const literal: fc.Arbitrary<Literal> = fc.letrec<{ any: Literal }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true, maxDepth: limits.dumpDepthMax - 2 },
    scalar,
    fc.array(tie("any"), { maxLength: 4 }).map((list) => ({ list })),
    fc.array(tie("any"), { maxLength: 4 }).map((tuple) => ({ tuple })),
    fc
      .uniqueArray(fc.tuple(key, tie("any")), { maxLength: 4, selector: ([name]) => name })
      .map((dict) => ({ dict })),
  ),
})).any;
const hostName = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => typeof parseHostName(text) === "string")
  .map((text) => text as HostName);

test("what is written is read as what it was", () => {
  fc.assert(
    fc.property(literal, (value) => {
      expect(read(dump(writeLiteral(value)))["h"]).toStrictEqual(value);
    }),
    { numRuns: 500 },
  );
});

test("a file that is written is ASCII and is read again, host by host", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostName, literal), { maxLength: 5 }), (pairs) => {
      const hosts = [...new Map(pairs)].map(([name, value]) => ({ name, value }));
      const lines = hosts.map(({ name, value }) => shadowHostLine(name, value));
      const text = shadowHostsFile(site, lines);
      expect(text).toMatch(/^[ -~\n]*$/);
      expect([...readShadowHosts(text)]).toStrictEqual(hosts);
    }),
  );
});

const python = (() => {
  try {
    return execFileSync("python3", ["--version"], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
})();
if (python === null) console.warn("Skipped: python3 isn't on this machine to read what we wrote");

/** Says what Python made of its argument, as JSON. */
const describer = `
import ast, json, sys
def say(x):
    if isinstance(x, bool) or x is None: return repr(x)
    if isinstance(x, str): return ['str', [ord(c) for c in x]]
    if isinstance(x, int): return ['int', str(x)]
    if isinstance(x, float): return ['float', x.hex()]
    if isinstance(x, tuple): return ['tuple', [say(y) for y in x]]
    if isinstance(x, list): return ['list', [say(y) for y in x]]
    return ['dict', [[say(k), say(v)] for k, v in x.items()]]
tree = ast.parse(sys.stdin.buffer.read())
calls = [s.value for s in tree.body]
assert len(calls) == 1 and ast.unparse(calls[0].func) == 'shadow_hosts.update' and not calls[0].keywords
print(json.dumps(say(ast.literal_eval(calls[0].args[0]))))
`;

function say(value: Literal): unknown {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return ["str", Array.from(value, (c) => c.codePointAt(0))];
  if (typeof value === "bigint") return ["int", String(value)];
  if (typeof value === "number") return ["float", value];
  if ("list" in value) return ["list", value.list.map(say)];
  if ("tuple" in value) return ["tuple", value.tuple.map(say)];
  return ["dict", value.dict.map(([name, entry]) => [say(name), say(entry)])];
}

/** `float.hex()` of Python → number. */
function fromHex(text: string): number {
  const [, sign, whole, fraction = "", exponent] =
    /^(-?)0x([01])(?:\.([0-9a-f]+))?p([+-]\d+)$/.exec(text)!;
  const mantissa = Number.parseInt(whole + fraction, 16);
  // In two steps: the factor alone may be too small for a double.
  const scaled = (mantissa / 2 ** (4 * fraction.length)) * 2 ** Math.max(Number(exponent), -1000);
  const value = scaled * 2 ** Math.min(Number(exponent) + 1000, 0);
  return sign === "-" ? -value : value;
}

function numbers(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (value[0] === "float" && typeof value[1] === "string") return ["float", fromHex(value[1])];
  return value.map(numbers);
}

test.skipIf(python === null)("Python reads from our file the values that we meant", () => {
  const hosts = fc.sample(fc.tuple(hostName, literal), { numRuns: 300, seed: 63 });
  const unique = [...new Map(hosts)];
  const text = shadowHostsFile(
    site,
    unique.map(([name, value]) => shadowHostLine(name, value)),
  );
  const answer = execFileSync("python3", ["-c", describer], { input: text, encoding: "utf8" });
  const meant = ["dict", unique.map(([name, value]) => [say(name), say(value)])];
  expect(numbers(JSON.parse(answer))).toEqual(meant);
});

describe("literals that a dump may have", () => {
  const cases: readonly [string, Literal][] = [
    ["'a'", "a"],
    ['"it\'s"', "it's"],
    ["u'\\xe4\\u20ac\\U0001f680'", "ä€🚀"],
    ["'ä'", "ä"],
    ["''", ""],
    ["'tab\\there'", "tab\there"],
    ["-17", -17n],
    ["0", 0n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["1.5", 1.5],
    ["1e-05", 1e-5],
    ["-0.0", -0],
    ["()", { tuple: [] }],
    ["(1,)", { tuple: [1n] }],
    ["[1, 'x',]", { list: [1n, "x"] }],
    ["{}", { dict: [] }],
    [
      "{1: None, ('a', 2): True,}",
      {
        dict: [
          [1n, null],
          [{ tuple: ["a", 2n] }, true],
        ],
      },
    ],
    ["[ # one\r\n 1, # two\n\n 2 ]", { list: [1n, 2n] }],
  ];
  test.each(cases)("%s", (text, value) => {
    expect(read(dump(text))["h"]).toStrictEqual(value);
  });
});

describe("R63 Python that is no literal is refused, with its place", () => {
  const values: readonly string[] = [
    "__import__('os').system('id')",
    "open('/etc/passwd').read()",
    "dict(a=1)",
    "set([])",
    "{1, 2}",
    "x",
    "true",
    "Truexyz",
    "None.__class__",
    "'a'.upper()",
    "'a' 'b'",
    "'a' + 'b'",
    "'a' % 1",
    "'%s' * 3",
    "f'{1}'",
    "r'a'",
    "b'a'",
    "rb'a'",
    "ur'a'",
    "U'a'",
    "'''a'''",
    '"""a"""',
    "'\\N{BULLET}'",
    "'\\q'",
    "'\\400'",
    "'\\0'",
    "'a\\\nb'",
    "'\\ud83d\\ude00'",
    "'\\ud800'",
    "'\\U00110000'",
    "'\\x4'",
    "'open",
    "'a\nb'",
    "'a\u0000b'",
    "'a\u001bb'",
    "1 + 1",
    "-(1)",
    "- 1",
    "--1",
    "+1",
    "~1",
    "1_000",
    "0x10",
    "0o17",
    "0b1",
    "007",
    "1j",
    "1if 1 else 2",
    "9223372036854775808",
    "9".repeat(5000),
    "1e999",
    "١",
    "inf",
    "nan",
    "(1)",
    "('a')",
    "(,)",
    "[,]",
    "[1,,2]",
    "[1 2]",
    "[1",
    "[1)",
    "{'a': 1, 'a': 2}",
    "{1: 1, True: 2}",
    "{[]: 1}",
    "{1.0: 1}",
    "{'a'}",
    "{'a': 1 'b': 2}",
    "{**{}}",
    "[*[]]",
    "[x for x in ()]",
    "{x: x for x in ()}",
    "(x for x in ())",
    "lambda: 0",
    "1 if True else 2",
    "not True",
    "1 < 2",
    "...",
    "(yield)",
    "(a := 1)",
    "await x",
    "`1`",
    "1 \\\n",
    "1\u00a0",
    "1\u000c",
    "1\r",
    "\uff11",
    "Ｔrue",
    "'a'; import os",
    "1}); import os; ({1: 1",
    "1})\nimport os\nshadow_hosts.update({'h': 1",
  ];
  test.each(values)("%s", (value) => {
    expect(outcome(dump(value))).toMatch(/^dump-config \d+ column \d+$/);
  });

  const files: readonly [string, string][] = [
    ["nothing", ""],
    ["another name", "all_hosts.update({})"],
    ["a name that only looks like it", "shadow_hоsts.update({})"],
    ["another method", "shadow_hosts.clear()"],
    ["an assignment", "shadow_hosts = {}"],
    ["blanks within the name", "shadow_hosts .update({})"],
    ["no dict", "shadow_hosts.update([])"],
    ["nothing to update with", "shadow_hosts.update()"],
    ["a second argument", "shadow_hosts.update({}, a=1)"],
    ["a trailing comma", "shadow_hosts.update({},)"],
    ["a call of what it gives", "shadow_hosts.update({}).x()"],
    ["a second statement", "shadow_hosts.update({}); x()"],
    ["a second line", "shadow_hosts.update({})\nimport os\n"],
    ["a second update", "shadow_hosts.update({})\nshadow_hosts.update({})\n"],
    ["a line before it", "import os\nshadow_hosts.update({})\n"],
    ["a line that hides in a comment", "# x\rimport os\nshadow_hosts.update({})\n"],
    ["a byte order mark", "\ufeffshadow_hosts.update({})\n"],
    ["a host that is a number", "shadow_hosts.update({1: {}})"],
    ["a host twice", "shadow_hosts.update({'a': 1, 'a': 2})"],
  ];
  test.each(files)("%s", (_name, text) => {
    expect(outcome(text)).toMatch(/^dump-config/);
  });

  test("the place is that of the thing, not of its line's begin", () => {
    expect(outcome("# head\n\nshadow_hosts.update({\n  'a': 1,\n  'b': exec('x')})")).toBe(
      "dump-config 5 column 8",
    );
  });
});

describe("R63 limits of a dump", () => {
  const nested = (deep: number): string => "[".repeat(deep) + "]".repeat(deep);

  test("values are eight deep, the outermost dict included", () => {
    expect(outcome(dump(nested(limits.dumpDepthMax - 1)))).toBe("accepted");
    expect(outcome(dump(nested(limits.dumpDepthMax)))).toMatch(/^dump-config/);
    expect(outcome(dump(nested(1_000_000)))).toMatch(/^dump-config/);
  });

  test("one host has at most 4 MiB", () => {
    const almost = limits.dumpHostBytesMax - 2;
    expect(outcome(dump(`'${"x".repeat(almost)}'`))).toBe("accepted");
    expect(outcome(dump(`'${"x".repeat(almost + 1)}'`))).toMatch(/^dump-config/);
    expect(outcome(dump(`[${"1,".repeat(almost / 2 + 1)}]`))).toMatch(/^dump-config/);
    // Not only once all of it is read: this one has no end.
    const endless = `[${"1,".repeat(almost / 2 + 9)}`;
    expect(() => read(dump(endless))).toThrow("one host has at most");
  });
});

test("R63 whatever text comes: it is refused, or what was written of it is read as the same", () => {
  const signs = "'\"\\(){}[],:;.#=+-*%@!~ \n\t".split("");
  const words = [
    "True",
    "None",
    "u'",
    "f'",
    "1",
    "1.5",
    "x",
    "lambda",
    "for",
    "in",
    "exec",
    "\\x41",
  ];
  const bits = fc.constantFrom(...signs, ...words);
  const text = fc.array(bits, { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (value) => {
      if (outcome(dump(value)) !== "accepted") return;
      const found = read(dump(value))["h"]!;
      expect(read(dump(writeLiteral(found)))["h"]).toStrictEqual(found);
      // Outside of strings nothing is left that could be run.
      const bare = writeLiteral(found).replace(/'(?:[^'\\]|\\.)*'/g, "");
      expect(bare).toMatch(/^(?:[-0-9.e+,:()[\]{} ]|True|False|None)*$/);
    }),
    { numRuns: 5_000 },
  );
});

test.each(["a;b", "a\\\\b", " a", "a\\nb", "", "x".repeat(256)])(
  "R42 the host name %j is refused",
  (name) => {
    expect(outcome(`shadow_hosts.update({'${name}': 1})`)).toBe("name-bad");
  },
);
