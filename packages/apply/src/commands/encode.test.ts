import type { HostName, ServiceDescription } from "@siteferry/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { CommandCore, CommandDialect, CoreCommand } from "./command.ts";
import { commandFault, encodeCommand } from "./encode.ts";
import { customVariableCommand, resultCommand } from "./result.ts";
import { hostAt, serviceAt } from "./test-site.ts";

const atMs = 1_795_000_000_000;
const nagios: CommandDialect = { core: "nagios", way: "file" };
const web = hostAt("web");
const http = serviceAt("web", "http");
const dialects: CommandDialect[] = (["nagios", "naemon", "icinga2", "cmc"] as const).flatMap(
  (core: CommandCore) => [{ core, way: "socket" } as const, { core, way: "file" } as const],
);

const every: [string, CoreCommand, string][] = [
  [
    "acknowledge a host",
    { kind: "acknowledge", at: web, sticky: true, author: "joe", text: "I; see" },
    "[1795000000] ACKNOWLEDGE_HOST_PROBLEM;web;2;0;0;joe;I; see",
  ],
  [
    "acknowledge a service",
    { kind: "acknowledge", at: http, sticky: false, author: "joe", text: "I see" },
    "[1795000000] ACKNOWLEDGE_SVC_PROBLEM;web;http;1;0;0;joe;I see",
  ],
  [
    "remove it from a host",
    { kind: "remove-acknowledgement", at: web },
    "[1795000000] REMOVE_HOST_ACKNOWLEDGEMENT;web",
  ],
  [
    "remove it from a service",
    { kind: "remove-acknowledgement", at: http },
    "[1795000000] REMOVE_SVC_ACKNOWLEDGEMENT;web;http",
  ],
  [
    "a downtime of a service, with the time when it was entered",
    {
      kind: "schedule-downtime",
      at: http,
      startTime: 1_795_000_100,
      endTime: 1_795_000_200,
      fixed: 0,
      duration: 60,
      triggeredBy: 7,
      author: "joe",
      text: "t",
      entryTime: 1_794_000_000,
    },
    "[1794000000] SCHEDULE_SVC_DOWNTIME;web;http;1795000100;1795000200;0;7;60;joe;t",
  ],
  [
    "delete a host's downtime",
    { kind: "delete-downtime", at: web, id: 5 },
    "[1795000000] DEL_HOST_DOWNTIME;5",
  ],
  [
    "delete a service's downtime",
    { kind: "delete-downtime", at: http, id: 5 },
    "[1795000000] DEL_SVC_DOWNTIME;5",
  ],
  [
    "a comment on a host, with its time",
    { kind: "add-comment", at: web, persistent: 1, author: "joe", text: "t", entryTime: 999 },
    "[0000000999] ADD_HOST_COMMENT;web;1;joe;t",
  ],
  [
    "delete a service's comment",
    { kind: "delete-comment", at: http, id: 6 },
    "[1795000000] DEL_SVC_COMMENT;6",
  ],
  [
    "a host's custom variable",
    customVariableCommand(web, "COLOUR", "light blue"),
    "[1795000000] CHANGE_CUSTOM_HOST_VAR;web;COLOUR;light blue",
  ],
  [
    "a service's custom variable",
    customVariableCommand(http, "COLOUR", "blue"),
    "[1795000000] CHANGE_CUSTOM_SVC_VAR;web;http;COLOUR;blue",
  ],
];

test.each(every)("%s", (_, command, line) => {
  expect(encodeCommand(command, nagios, atMs)).toBe(line);
});

describe("a check result", () => {
  const row = {
    state: 2,
    last_check: 1_794_999_000,
    execution_time: 1,
    latency: 0,
    plugin_output: "C:\\new; x",
    long_plugin_output: "one\\two\nthree",
    perf_data: "a=1",
  };

  test.each<[CommandCore, CommandDialect["way"], string]>([
    ["nagios", "file", "C:\\\\new; x|a=1\\none\\\\two\\nthree"],
    ["nagios", "socket", "C:\\\\new; x|a=1\\none\\\\two\\nthree"],
    ["naemon", "socket", "C:\\\\new; x|a=1\\none\\\\two\\nthree"],
    ["naemon", "file", "C:/new; x|a=1\\none\\two\\nthree"],
    ["icinga2", "socket", "C:/new; x|a=1\\none\\two\\nthree"],
    ["cmc", "socket", "C:/new; x|a=1\\none\\two\\nthree"],
  ])("R46 a literal \\n for %s by %s, at the time of the check", (core, way, output) => {
    expect(encodeCommand(resultCommand(http, row), { core, way }, atMs)).toBe(
      `[1794999000] PROCESS_SERVICE_CHECK_RESULT;web;http;2;${output}`,
    );
  });

  test("of a host for Icinga 2: down is 1, and lines stay in one", () => {
    const line = encodeCommand(resultCommand(web, row), { core: "icinga2", way: "socket" }, atMs);
    expect(line).toBe("[1794999000] PROCESS_HOST_CHECK_RESULT;web;1;C:/new; x ␊one\\two␊three|a=1");
  });

  test("nothing printed stays nothing, where the core has words of its own for it", () => {
    const empty = { ...row, plugin_output: "", long_plugin_output: "", perf_data: "" };
    expect(encodeCommand(resultCommand(http, empty), nagios, atMs)).toMatch(/;2;\|$/);
  });

  test("R44 a backslash at the end stands alone where nothing undoes it", () => {
    const ends = { ...row, plugin_output: "C:\\", long_plugin_output: "", perf_data: "" };
    const naemon: CommandDialect = { core: "naemon", way: "file" };
    expect(encodeCommand(resultCommand(http, ends), naemon, atMs)).toMatch(/;2;C:\\$/);
    expect(encodeCommand(resultCommand(http, ends), nagios, atMs)).toMatch(/;2;C:\\\\$/);
  });

  test("a long one is cut so that a pipe takes it in one piece", () => {
    const long = { ...row, long_plugin_output: "ä\n".repeat(30_000) };
    const line = encodeCommand(resultCommand(http, long), nagios, atMs);
    expect(Buffer.byteLength(line)).toBeLessThan(4096);
    expect(Buffer.byteLength(line)).toBeGreaterThan(3500);
    expect(line).toContain("|a=1");
  });

  test("R47 a state that no core knows is refused", () => {
    expect(commandFault(resultCommand(web, { ...row, state: 3 }), nagios)).not.toBeNull();
    expect(commandFault(resultCommand(http, { ...row, state: -1 }), nagios)).not.toBeNull();
  });
});

test.each([
  ["R45 a semicolon in a host's name", "a;b", "s"],
  ["R45 a semicolon in a service's name", "a", "s;2;ok"],
  ["R42 a line feed in a host's name", "a\n[1] SHUTDOWN_PROGRAM", "s"],
  ["R42 a line feed in a service's name", "a", "s\nx"],
  ["R42 a name of blanks", " ", "s"],
])("%s is refused for every core", (_, host, service) => {
  const at = { host: host as HostName, service: service as ServiceDescription };
  for (const dialect of dialects) {
    expect(() => encodeCommand({ kind: "remove-acknowledgement", at }, dialect, atMs)).toThrow(
      expect.objectContaining({ code: "name-bad" }),
    );
  }
});

test.each([
  ["R45 a semicolon in an author", { author: "joe;1", text: "t" }],
  ["R43 a line feed in an author", { author: "joe\n", text: "t" }],
  ["R43 a line feed in a text", { author: "joe", text: "t\n[1] SHUTDOWN_PROGRAM" }],
  ["R43 a CR in a text", { author: "joe", text: "t\rx" }],
  ["R43 a NUL in a text", { author: "joe", text: "t\0x" }],
  ["an empty text", { author: "joe", text: "" }],
  ["an empty author", { author: "", text: "t" }],
])("%s is refused where it wasn't replaced before", (_, { author, text }) => {
  const command = { kind: "acknowledge", at: web, sticky: true, author, text } as const;
  for (const dialect of dialects) expect(commandFault(command, dialect)).not.toBeNull();
});

test("R45 Nagios ends a custom variable at a semicolon, so it isn't told one", () => {
  expect(commandFault(customVariableCommand(web, "A", "a;b"), nagios)).not.toBeNull();
  expect(commandFault(customVariableCommand(web, "A;B", "a"), nagios)).not.toBeNull();
  expect(commandFault(customVariableCommand(web, "A", "a\nb"), nagios)).not.toBeNull();
});

test("R46 naemon-livestatus undoes backslashes, so they are doubled on the way through it", () => {
  const at = serviceAt("web", "C:\\new");
  const command: CoreCommand = {
    kind: "acknowledge",
    at,
    sticky: true,
    author: "a\\b",
    text: "\\n",
  };
  expect(encodeCommand(command, { core: "naemon", way: "socket" }, atMs)).toBe(
    String.raw`[1795000000] ACKNOWLEDGE_SVC_PROBLEM;web;C:\\new;2;0;0;a\\b;\\n`,
  );
  expect(encodeCommand(command, { core: "naemon", way: "file" }, atMs)).toBe(
    String.raw`[1795000000] ACKNOWLEDGE_SVC_PROBLEM;web;C:\new;2;0;0;a\b;\n`,
  );
});

test.each([
  ["ends before it begins", { startTime: 200, endTime: 100, fixed: 1, duration: 0 }],
  ["is flexible without a duration", { startTime: 100, endTime: 200, fixed: 0, duration: 0 }],
  ["has half a second", { startTime: 100.5, endTime: 200, fixed: 1, duration: 0 }],
  ["begins at no time", { startTime: Number.NaN, endTime: 200, fixed: 1, duration: 0 }],
] as const)("a downtime that %s is refused", (_, times) => {
  const said = { author: "joe", text: "t", entryTime: 100 };
  const command: CoreCommand = {
    kind: "schedule-downtime",
    at: web,
    triggeredBy: 0,
    ...said,
    ...times,
  };
  expect(commandFault(command, nagios)).not.toBeNull();
});

test("R42 R43 R45 whatever the words, a command that isn't refused is one line of the list's", () => {
  const word = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(fc.constantFrom(...dialects), word, word, word, word, (dialect, ...words) => {
      const [host, service, author, text] = words;
      const at = { host: host as HostName, service: service as ServiceDescription };
      const command: CoreCommand = { kind: "acknowledge", at, sticky: true, author, text };
      if (commandFault(command, dialect) !== null) return;
      const line = encodeCommand(command, dialect, atMs);
      expect(line).toMatch(/^\[1795000000\] ACKNOWLEDGE_SVC_PROBLEM;[^;]+;[^;]+;2;0;0;[^;]+;/u);
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    }),
  );
});
