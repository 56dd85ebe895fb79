// Literal → text, in one spelling, all of it ASCII: nothing of the dump's own text survives.

import type { Literal } from "./literal.ts";

export function writeLiteral(value: Literal): string {
  if (typeof value === "string") return writeString(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return writeFloat(value);
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if ("list" in value) return `[${value.list.map(writeLiteral).join(", ")}]`;
  if ("tuple" in value) {
    const items = value.tuple.map(writeLiteral);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  }
  const entries = value.dict.map(([key, entry]) => `${writeLiteral(key)}: ${writeLiteral(entry)}`);
  return `{${entries.join(", ")}}`;
}

/** Never to be mistaken for an int. */
function writeFloat(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export function writeString(text: string): string {
  return `'${text.replace(/[\\']|[^ -~]/gu, escapeOf)}'`;
}

function escapeOf(character: string): string {
  if (character === "\\" || character === "'") return `\\${character}`;
  if (character === "\n") return "\\n";
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
