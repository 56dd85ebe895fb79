// What livedump printed, line by line: nobody signed it, so every line that isn't livedump's ends the
// reading, with its number.

import { isUtf8 } from "node:buffer";
import { FerryError, limits, printable } from "@siteferry/model";

/** Lines of an object or a record, and blank ones between two: livedump's have at most 14. */
export const linesOfPieceMax = 64;

export class Lines {
  readonly #text: string;
  readonly #endsLines: "\n" | "\r\n";
  #at = 0;
  /** Of the line that came last, from 1. */
  number = 0;

  /** @throws FerryError `livedump-invalid` for anything but UTF-8. */
  constructor(content: Uint8Array) {
    if (!isUtf8(content)) throw invalid("it isn't UTF-8");
    this.#text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
    const first = this.#text.indexOf("\n");
    this.#endsLines = this.#text[first - 1] === "\r" ? "\r\n" : "\n";
  }

  /** Without its end. Null: nothing more comes. A last line without an end was cut. */
  next(): string | null {
    if (this.#at === this.#text.length) return null;
    this.number += 1;
    const end = this.#text.indexOf("\n", this.#at);
    if (end === -1) throw this.refuse("the text ends in the middle of a line");
    if (end - this.#at > limits.livedumpLineMax) throw this.refuse("is too long");
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    if (this.#endsLines === "\n") return line;
    // Something on the way, a mail server, ended all lines this way, or none.
    if (!line.endsWith("\r")) throw this.refuse("ends otherwise than the first one");
    return line.slice(0, -1);
  }

  /** The next line that isn't blank. */
  nextFilled(): string | null {
    for (let blank = 0; blank < linesOfPieceMax; blank++) {
      const line = this.next();
      if (line === null || !isBlank(line)) return line;
    }
    throw this.refuse("is one blank line too many");
  }

  refuse(problem: string): FerryError {
    return invalid(`line ${this.number} ${problem}`);
  }
}

export function isBlank(line: string): boolean {
  return line.trim() === "";
}

export function invalid(problem: string): FerryError {
  return new FerryError(
    "livedump-invalid",
    `What came isn't livedump's: ${printable(problem, 200)}`,
  );
}
