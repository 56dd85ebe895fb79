// The text of a vendor's configuration dump, character by character, with the place where it stands. One
// spelling of everything: what Python would read in another way is refused, not guessed at.

import { printable, Refusal } from "@siteferry/model";

export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Characters that were read. */
  get position(): number {
    return this.#at;
  }

  /** The next character; "" at the end. */
  get next(): string {
    return this.#text.charAt(this.#at);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Takes `what` if it is what comes next. */
  takes(what: string): boolean {
    if (!this.#text.startsWith(what, this.#at)) return false;
    this.#at += what.length;
    return true;
  }

  /** Takes what must come next. */
  expect(what: string): void {
    if (!this.takes(what)) throw this.refusal(`\`${what}\` belongs here`);
  }

  /** Takes what a sticky pattern finds here; null if it finds nothing. */
  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }

  /** Blanks, line ends and comments. */
  skipBlank(): void {
    for (;;) {
      this.match(blanks);
      if (!this.takes("#")) return;
      this.match(restOfLine);
    }
  }

  /** What is wrong, and where: lines and columns count from 1, columns in UTF-16 units. */
  refusal(problem: string, at: number = this.#at): Refusal {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - (before.lastIndexOf("\n") + 1) + 1;
    const shown = printable(this.#text.slice(at, at + 24).split("\n")[0] ?? "", 24);
    const found = at >= this.#text.length ? "the end" : `\`${shown}\``;
    const place = `config.mk line ${line} column ${column}`;
    return new Refusal("dump-config", `${place}: ${problem}, and here is ${found}`);
  }
}

/** A carriage return only before a line feed: alone it is a line end for Python. */
const blanks = /(?:[ \t\n]|\r\n)*/y;
const restOfLine = /[^\n\r\0]*/y;
