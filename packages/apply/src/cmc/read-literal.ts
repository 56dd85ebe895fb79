// Text → literal, by recursive descent. No name, call, operator, prefix or join is a literal here, so
// there is nothing that could be evaluated.

import { limits } from "@siteferry/model";
import { intMax, type Literal } from "./literal.ts";
import { readString } from "./read-string.ts";
import type { Scanner } from "./scanner.ts";

/** What reading a dump may still cost; goes down. */
export interface Budget {
  values: number;
  /** The position behind which this host's value may not go on. */
  end: number;
}

/**
 * The literal that begins here. `depth`: of this value, the outermost being 1. Refuses with
 * `dump-config`.
 */
export function readLiteral(scanner: Scanner, depth: number, budget: Budget): Literal {
  if (depth > limits.dumpDepthMax) {
    throw scanner.refusal(`values stand in values at most ${limits.dumpDepthMax} deep`);
  }
  budget.values -= 1;
  if (budget.values < 0) throw scanner.refusal(`at most ${limits.listEntriesMax} values`);
  if (scanner.position > budget.end) {
    throw scanner.refusal(`one host has at most ${limits.dumpHostBytesMax} characters`);
  }
  if (scanner.takes("[")) return { list: readItems(scanner, "]", depth, budget).items };
  if (scanner.takes("(")) return readTuple(scanner, depth, budget);
  if (scanner.takes("{")) return readDict(scanner, depth, budget);
  return readScalar(scanner);
}

function readScalar(scanner: Scanner): Literal {
  const text = readString(scanner);
  if (text !== null) return text;
  const start = scanner.position;
  const word = scanner.match(wordPattern);
  if (word === "True") return true;
  if (word === "False") return false;
  if (word === "None") return null;
  const number = word === null ? scanner.match(numberPattern) : null;
  const value = number === null ? null : numberOf(number);
  if (value !== null) return value;
  throw scanner.refusal(
    "a string, number, True, False, None, tuple, list or dict belongs here",
    start,
  );
}

/** Whatever Python could take for a name, so that none is read by halves. */
const wordPattern = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const numberPattern = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const integer = /^-?(?:0|[1-9]\d{0,18})$/;

function numberOf(text: string): bigint | number | null {
  if (/[.eE]/.test(text)) {
    const number = Number(text);
    return text.length <= 40 && Number.isFinite(number) ? number : null;
  }
  if (!integer.test(text)) return null;
  const value = BigInt(text);
  return value <= intMax && value >= -intMax - 1n ? value : null;
}

interface Items {
  readonly items: readonly Literal[];
  /** Whether a comma stands behind the last one. */
  readonly endsWithComma: boolean;
}

function readItems(scanner: Scanner, end: string, depth: number, budget: Budget): Items {
  const items: Literal[] = [];
  let endsWithComma = false;
  for (;;) {
    scanner.skipBlank();
    if (scanner.takes(end)) return { items, endsWithComma };
    if (items.length > 0 && !endsWithComma)
      throw scanner.refusal(`\`,\` or \`${end}\` belongs here`);
    items.push(readLiteral(scanner, depth + 1, budget));
    scanner.skipBlank();
    endsWithComma = scanner.takes(",");
  }
}

function readTuple(scanner: Scanner, depth: number, budget: Budget): Literal {
  const { items, endsWithComma } = readItems(scanner, ")", depth, budget);
  if (items.length !== 1 || endsWithComma) return { tuple: items };
  throw scanner.refusal(
    "a tuple of one value has a comma; brackets around a value don't belong here",
  );
}

function readDict(scanner: Scanner, depth: number, budget: Budget): Literal {
  return { dict: [...readEntries(scanner, depth, budget, readLiteral)] };
}

/** Entries up to the closing bracket, one by one. `readValue` gets the depth of the values. */
export function* readEntries<Value>(
  scanner: Scanner,
  depth: number,
  budget: Budget,
  readValue: (scanner: Scanner, depth: number, budget: Budget) => Value,
): Generator<readonly [key: Literal, value: Value], void> {
  const known = new Set<string>();
  for (let isFirst = true; ; isFirst = false) {
    scanner.skipBlank();
    const hadComma = !isFirst && scanner.takes(",");
    scanner.skipBlank();
    if (scanner.takes("}")) return;
    if (!isFirst && !hadComma) throw scanner.refusal("`,` or `}` belongs here");
    const start = scanner.position;
    const key = readLiteral(scanner, depth + 1, budget);
    const name = nameOfKey(key);
    if (name === null) throw scanner.refusal("no key of a dict", start);
    if (known.has(name)) throw scanner.refusal("a key that stands there twice", start);
    known.add(name);
    scanner.skipBlank();
    scanner.expect(":");
    scanner.skipBlank();
    yield [key, readValue(scanner, depth + 1, budget)];
  }
}

/** Equal for keys that Python takes for equal; null for what it can't hash, and for floats. */
function nameOfKey(key: Literal): string | null {
  if (typeof key === "string") return JSON.stringify(key);
  if (typeof key === "bigint") return String(key);
  if (typeof key === "boolean") return key ? "1" : "0";
  if (key === null) return "None";
  if (typeof key === "number" || !("tuple" in key)) return null;
  const names = key.tuple.map(nameOfKey);
  return names.includes(null) ? null : `(${names.join(",")})`;
}
