// A core's status file, scanned as it is read: it may have 60 MB, of which a few fields of each block are
// wanted. Pure; what a block is worth the reader decides (view-status-file.ts).

import { isUtf8 } from "node:buffer";

/** The fields of one block that were asked for, as text; all that stands behind the first `=`. */
export type StatusFields = ReadonlyMap<string, string>;

export interface WantedBlock {
  /** Names of fields, as {@link fieldNames} makes them. */
  readonly fields: FieldNames;
  /** Whether a custom variable, by its name without the underscore, is wanted too. */
  readonly wantsVariable?: ((name: string) => boolean) | null;
  take(fields: StatusFields): void;
}

/** Names, and what tells quickly that a line has none of them: millions of lines haven't. */
interface FieldNames {
  readonly names: ReadonlySet<string>;
  readonly initials: ReadonlySet<number>;
}

export function fieldNames(names: readonly string[]): FieldNames {
  const initials = names.map((name) => initialOf(name, 0, name.length));
  return { names: new Set(names), initials: new Set(initials) };
}

/** The first two characters and the length. */
function initialOf(text: string, start: number, end: number): number {
  return text.charCodeAt(start) + 256 * text.charCodeAt(start + 1) + 65_536 * (end - start);
}

/** Lines: `kind {`, then TAB `name=value` each, then TAB `}`. No value has a line feed in it. */
export class StatusScanner {
  readonly #wanted: ReadonlyMap<string, WantedBlock>;
  #rest = "";
  #block: WantedBlock | null = null;
  #fields = new Map<string, string>();
  #isInside = false;

  /** @param wanted by kind, such as `hoststatus` */
  constructor(wanted: ReadonlyMap<string, WantedBlock>) {
    this.#wanted = wanted;
  }

  /** Whether all that was begun has ended: else the file was cut. */
  get isWhole(): boolean {
    return !this.#isInside && this.#rest === "";
  }

  add(part: Uint8Array): void {
    // One byte is one character: an indexOf over it is as fast as memchr, and UTF-8 is put right where
    // a value is kept.
    const text =
      this.#rest + Buffer.from(part.buffer, part.byteOffset, part.length).toString("latin1");
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end === -1) break;
      this.#line(text, start, end);
      start = end + 1;
    }
    this.#rest = text.slice(start);
  }

  #line(text: string, start: number, end: number): void {
    if (text.charCodeAt(start) !== tab) {
      if (end - start < 2 || text.charCodeAt(end - 1) !== brace) return;
      this.#isInside = true;
      this.#block = this.#wanted.get(text.slice(start, end - 2)) ?? null;
      this.#fields = new Map();
      return;
    }
    if (end - start === 2 && text.charCodeAt(start + 1) === closingBrace) {
      this.#isInside = false;
      this.#block?.take(this.#fields);
      this.#block = null;
      return;
    }
    if (this.#block !== null) this.#field(this.#block, text, start + 1, end);
  }

  #field(block: WantedBlock, text: string, start: number, end: number): void {
    const split = text.indexOf("=", start);
    if (split === -1 || split >= end) return;
    const isVariable = text.charCodeAt(start) === underscore;
    const { fields, wantsVariable = null } = block;
    if (isVariable ? wantsVariable === null : !fields.initials.has(initialOf(text, start, split))) {
      return;
    }
    const name = text.slice(start, split);
    const isWanted = isVariable ? wantsVariable?.(name.slice(1)) : fields.names.has(name);
    if (isWanted === true) this.#fields.set(name, decoded(text.slice(split + 1, end)));
  }
}

const [tab, brace, closingBrace, underscore] = [9, 123, 125, 95];

/** UTF-8 if it is valid as such, else Latin-1. The copy frees the block that it was cut out of. */
function decoded(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  return bytes.toString(isUtf8(bytes) ? "utf8" : "latin1");
}
