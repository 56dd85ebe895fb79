import { expect, test } from "vitest";

import {
  commandKey,
  type CommandMemory,
  decodeMemory,
  emptyMemory,
  encodeMemory,
  noteSent,
} from "./memory.ts";

test("a memory is what it was after it was written", () => {
  let memory: CommandMemory = emptyMemory;
  memory = noteSent(memory, [{ key: "comment\nweb\na;ü🚀" }, { key: "b" }], 1000);
  memory = noteSent(memory, [{ key: "b" }], 2000);
  const read = decodeMemory(encodeMemory(memory));
  expect(read).toEqual(memory);
  expect(read?.get("b")).toEqual({ sentAtMs: 2000, tries: 2 });
  expect(decodeMemory("")).toEqual(emptyMemory);
});

test.each(["{}", "[", '["a"]', '["a",1]', '["a",1,"2"]', "[1,2,3]", '["a",1,1.5]', "null"])(
  "%s is none",
  (text) => {
    expect(decodeMemory(`${text}\n`)).toBeNull();
  },
);

test("it stays small, however long the texts are", () => {
  const keys = ["x".repeat(2048), `${"x".repeat(2047)}y`].map((text) =>
    commandKey("add-comment", "web", "anna (siteferry remote1)", text),
  );
  expect(new Set(keys).size).toBe(2);
  expect(
    encodeMemory(noteSent(emptyMemory, [{ key: keys[0]! }], 1_795_000_000_000)).length,
  ).toBeLessThan(70);
});
