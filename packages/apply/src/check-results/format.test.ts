import type { HostName, ServiceDescription } from "@siteferry/model";
import { limits } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CheckResult, type CheckResultCore, formatCheckResult } from "./format.ts";

const result: CheckResult = {
  host: "web1" as HostName,
  service: "Disk C:\\Data" as ServiceDescription,
  state: 1,
  lastCheck: 1_795_000_000,
  executionTime: 1.5,
  latency: 0.25,
  pluginOutput: "WARN - 90 % used",
  longPluginOutput: "",
  perfData: "used=90%;80;95",
};

function lineOf(
  key: string,
  change: Partial<CheckResult>,
  core: CheckResultCore = "nagios",
): string {
  const line = formatCheckResult({ ...result, ...change }, core)
    .split("\n")
    .find((candidate) => candidate.startsWith(`${key}=`));
  return line!.slice(key.length + 1);
}

function output(
  pluginOutput: string,
  core: CheckResultCore,
  more: Partial<CheckResult> = {},
): string {
  return lineOf("output", { pluginOutput, perfData: "", ...more }, core);
}

test("R41 R48 a record: the object by its names, a passive check, every key that a core would guess", () => {
  expect(formatCheckResult(result, "nagios")).toBe(`host_name=web1
service_description=Disk C:\\Data
check_type=1
check_options=0
scheduled_check=0
reschedule_check=0
early_timeout=0
exited_ok=1
latency=0.25
start_time=1795000000.0
finish_time=1795000001.500000
return_code=1
output=WARN - 90 % used|used=90%;80;95

`);
});

test("a host's result has no service line, which alone would make it a service's", () => {
  expect(formatCheckResult({ ...result, service: null }, "nagios")).toMatch(
    /^host_name=web1\ncheck_type=1\n/,
  );
});

describe("times", () => {
  test.each([
    [0, "1795000000.0"],
    [0.089, "1795000000.89000"],
    [0.000089, "1795000000.89"],
    [0.5, "1795000000.500000"],
    [1.9999999, "1795000002.0"],
    [-3, "1795000000.0"],
    [Number.NaN, "1795000000.0"],
    [1e300, "1796000000.0"],
  ])(
    "an execution time of %d s ends at %s: microseconds as a count without leading zeros",
    (executionTime, expected) => {
      expect(lineOf("finish_time", { executionTime })).toBe(expected);
    },
  );

  test.each([
    [1e-7, "0"],
    [-1, "0"],
    [12.345678, "12.345678"],
    [1e300, "1000000"],
  ])("a latency of %d s is never an exponent", (latency, expected) => {
    expect(lineOf("latency", { latency })).toBe(expected);
  });
});

describe("escapes", () => {
  test.each([
    ["R44 a backslash", "C:\\new", "C:\\\\new", "C:/new"],
    ["R44 one at the end", "ends \\", "ends \\\\", "ends \\\\"],
    ["R44 two at the end", "ends \\\\", "ends \\\\\\\\", "ends \\\\\\"],
    ["R46 a literal \\n", "literal \\n", "literal \\\\n", "literal /n"],
    ["R45 a semicolon", "a;b", "a;b", "a;b"],
    ["a bar", "a|b", "a¦b", "a¦b"],
    ["R43 CR, NUL and others", "a\tb\rc\0d\u001be\u0085f", "a b c d e f", "a b c d e f"],
    ["R43 LF", "forged\nhost_name=other", "forged host_name=other", "forged host_name=other"],
    ["letters and signs", "Größe 🚢", "Größe 🚢", "Größe 🚢"],
    ["nothing", "", " ", " "],
  ])("%s: %j", (_name, text, nagios, naemon) => {
    expect(output(text, "nagios")).toBe(nagios);
    expect(output(text, "naemon")).toBe(naemon);
  });

  test("R43 R44 long output follows in lines, its own blank lines kept", () => {
    const longPluginOutput = "two\r\n\nfour | x\\\n\n";
    expect(output("one", "nagios", { longPluginOutput, perfData: "a=1" })).toBe(
      "one|a=1\\ntwo\\n\\nfour ¦ x\\\\",
    );
    expect(output("one", "naemon", { longPluginOutput })).toBe("one\\ntwo\\n\\nfour ¦ x\\\\");
  });

  test("an empty text doesn't turn its perf data into the text", () => {
    expect(output("", "nagios", { perfData: "a=1" })).toBe(" |a=1");
  });

  test("perf data loses line feeds and keeps its bars", () => {
    expect(output("x", "nagios", { perfData: "'C:\\'=1\nb=2|c=3" })).toBe("x|'C:\\\\'=1 b=2|c=3");
  });
});

describe("the limit", () => {
  const limit = limits.outputCharactersMax;

  test("long output goes first, then whole perf data, then the text", () => {
    const text = "t".repeat(limit - 12);
    expect(output(text, "nagios", { perfData: "a=1", longPluginOutput: "l".repeat(99) })).toBe(
      `${text}|a=1\\n${"l".repeat(8)}`,
    );
    expect(output(text, "nagios", { perfData: "a=1 bbb=123456789" })).toBe(`${text}|a=1`);
    expect(output("t".repeat(limit + 1), "nagios", { perfData: "a=1" })).toBe("t".repeat(limit));
  });

  test("no character is cut in two", () => {
    expect(output(`${"t".repeat(limit - 1)}🚢`, "nagios").isWellFormed()).toBe(true);
  });
});

test.each(["nagios", "naemon"] as const)(
  "R43 R44 whatever a site sends, %s sees one record that ends",
  (core) => {
    const text = fc.string({
      unit: fc.constantFrom("a", "\\", "n", "\n", "\r", "|", "\0", "=", "#", " ", "\u2028"),
    });
    fc.assert(
      fc.property(text, text, text, (pluginOutput, perfData, longPluginOutput) => {
        const record = formatCheckResult(
          { ...result, pluginOutput, perfData, longPluginOutput },
          core,
        );
        const lines = record.split("\n");
        expect(lines).toHaveLength(15);
        expect(lines.slice(13)).toEqual(["", ""]);
        expect(record).not.toMatch(/[\0\r]/);
        // A single backslash would join the empty line, and the record would never end.
        expect(lines[12]!.endsWith("\\") && !lines[12]!.endsWith("\\\\")).toBe(false);
      }),
    );
  },
);
