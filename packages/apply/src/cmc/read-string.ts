// One string of a vendor's configuration dump. Only what `repr` writes: one line, in ' or ", with the
// prefix u or none, and escapes of which each has one meaning.

import { limits } from "@siteferry/model";
import type { Scanner } from "./scanner.ts";

const plain: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
/** Digits behind `\x`, `\u`, `\U`. */
const coded: Readonly<Record<string, RegExp>> = {
  x: /[0-9A-Fa-f]{2}/y,
  u: /[0-9A-Fa-f]{4}/y,
  U: /[0-9A-Fa-f]{8}/y,
};

/** Null if no string begins here. Refuses with `dump-config`. */
export function readString(scanner: Scanner): string | null {
  const quote = scanner.match(/u?['"]/y)?.at(-1);
  if (quote === undefined) return null;
  const start = scanner.position;
  if (scanner.takes(quote)) {
    if (scanner.next === quote) throw scanner.refusal("no string in three quotes");
    return "";
  }
  const characters =
    quote === "'" ? /[^'\\\n\r\0-\x08\x0b-\x1f\x7f]+/y : /[^"\\\n\r\0-\x08\x0b-\x1f\x7f]+/y;
  const parts: string[] = [];
  for (;;) {
    const part = scanner.match(characters);
    if (part !== null) parts.push(part);
    else if (scanner.takes(quote)) break;
    else if (scanner.takes("\\")) parts.push(readEscape(scanner));
    else throw scanner.refusal("the string goes on, without line ends and control characters");
    if (scanner.position - start > limits.dumpHostBytesMax)
      throw scanner.refusal("too long", start);
  }
  const text = parts.join("");
  if (text.isWellFormed()) return text;
  throw scanner.refusal("a string with half a surrogate pair", start);
}

function readEscape(scanner: Scanner): string {
  const start = scanner.position - 1;
  const letter = scanner.next;
  const isKnown = Object.hasOwn(plain, letter) || Object.hasOwn(coded, letter);
  if (!isKnown) throw scanner.refusal("an escape that isn't known", start);
  scanner.expect(letter);
  if (Object.hasOwn(plain, letter)) return plain[letter]!;
  const code = Number.parseInt(scanner.match(coded[letter]!) ?? "", 16);
  // Two escaped halves are no character for Python, so that joining them would change the text.
  const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  if (isCharacter) return String.fromCodePoint(code);
  throw scanner.refusal("an escape that stands for no character", start);
}
