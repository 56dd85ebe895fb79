// Lines of a state dump: the two commands that it is made of, and everything else.

import type { HostName } from "@siteferry/model";
import { limits } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readStates, type StateCommand, stateCommandLine } from "./states.ts";

const host = "COMMAND [1793491200] UPDATE_SHADOW_HOST_STATE;web;0;1;UP";
const service = "COMMAND [1793491200] UPDATE_SHADOW_SERVICE_STATE;web;Load C:\\x;2;CRIT;a;b\\nlong";

function read(text: string): StateCommand[] {
  return [...readStates(text)];
}

function outcome(text: string): string {
  try {
    read(text);
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("both commands, with blank lines between them or without", () => {
  const states = read(`${host}\n\n${service}\n${host}\r\n\r\n\n`);
  expect(states.map(({ time, name, host: of, rest }) => [time, name, of, rest])).toEqual([
    [1793491200, "UPDATE_SHADOW_HOST_STATE", "web", "0;1;UP"],
    [1793491200, "UPDATE_SHADOW_SERVICE_STATE", "web", "Load C:\\x;2;CRIT;a;b\\nlong"],
    [1793491200, "UPDATE_SHADOW_HOST_STATE", "web", "0;1;UP"],
  ]);
  expect(stateCommandLine(states[0]!, "p-web" as HostName)).toBe(
    "UPDATE_SHADOW_HOST_STATE;p-web;0;1;UP",
  );
});

test("nothing is no state", () => {
  expect(read("")).toEqual([]);
  expect(read("\n\n")).toEqual([]);
});

describe("R64 a line that is anything else is refused, and with it the dump", () => {
  const time = "COMMAND [1793491200]";
  const lines: readonly string[] = [
    `${time} SHUTDOWN_PROGRAM`,
    `${time} PROCESS_SERVICE_CHECK_RESULT;web;Load;0;OK`,
    `${time} CHANGE_HOST_CHECK_COMMAND;web;evil`,
    `${time} UPDATE_SHADOW_HOST_STATES;web;0`,
    `${time} update_shadow_host_state;web;0`,
    `${time} UPDATE_SHADOW_HOST_STATE`,
    `${time} UPDATE_SHADOW_HOST_STATE;web`,
    `${time} UPDATE_SHADOW_HOST_STATE;;0`,
    `${time}  UPDATE_SHADOW_HOST_STATE;web;0`,
    ` ${host}`,
    host.slice("COMMAND ".length),
    `command [1793491200] UPDATE_SHADOW_HOST_STATE;web;0`,
    "COMMAND UPDATE_SHADOW_HOST_STATE;web;0",
    "COMMAND [179349120] UPDATE_SHADOW_HOST_STATE;web;0",
    "COMMAND [17934912000] UPDATE_SHADOW_HOST_STATE;web;0",
    "COMMAND [-793491200] UPDATE_SHADOW_HOST_STATE;web;0",
    "COMMAND [１７９３４９１２００] UPDATE_SHADOW_HOST_STATE;web;0",
    "GET hosts",
    "LOGROTATE",
    "import os",
    "\u0000",
    `\ufeff${host}`,
  ];
  test.each(lines)("%j", (line) => {
    expect(outcome(`${host}\n${line}\n${host}\n`)).toBe("dump-command");
  });

  test("whatever else comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        fc.pre(!/^[\r\n]*$/.test(text));
        expect(outcome(text)).toMatch(/^(dump-command|name-bad)$/);
      }),
    );
  });

  test("the message names the line", () => {
    expect(() => read(`${host}\n\n${host}\nSTOP\n`)).toThrow("states.txt line 4 is no update");
  });
});

test("R45 a semicolon can't get into a host's name: it ends there", () => {
  const [state] = read("COMMAND [1793491200] UPDATE_SHADOW_HOST_STATE;a;b;0\n");
  expect(state).toMatchObject({ host: "a", rest: "b;0" });
});

test.each(["a\\b", " a", "a ", "a\u0007", "x".repeat(256)])(
  "R42 R46 the host name %j is refused",
  (name) => {
    expect(outcome(`COMMAND [1793491200] UPDATE_SHADOW_HOST_STATE;${name};0\n`)).toBe("name-bad");
  },
);

test.each(["", " a", "a\u0007", "a\\"])("R42 the service %j is refused", (name) => {
  expect(outcome(`COMMAND [1793491200] UPDATE_SHADOW_SERVICE_STATE;web;${name};0\n`)).toBe(
    "name-bad",
  );
});

test("R43 control characters in an output become blanks, so that a command is one line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (output) => {
      fc.pre(!output.includes("\n"));
      const [state] = read(`${host}${output}\n`);
      expect(stateCommandLine(state!, "web" as HostName)).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/,
      );
    }),
  );
  const [state] = read(`${host}\u001b[31m red\tand\r more\n`);
  expect(state!.rest).toBe("0;1;UP [31m red and  more");
});

test("a line is as long as a row may be", () => {
  const fill = "x".repeat(limits.recordBytesMax - host.length);
  expect(outcome(`${host}${fill}\n`)).toBe("accepted");
  expect(outcome(`${host}${fill}x\n`)).toBe("record-too-long");
});
