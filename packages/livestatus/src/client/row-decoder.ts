// Bytes of a csv answer → rows. Works on blocks, not on bytes: a site of 100,000 services is some
// 30 MB a minute. Memory: one block, whatever the size of the answer.

import { isAscii, isUtf8 } from "node:buffer";
import { FerryError, printable } from "@siteferry/model";
import { decodeField } from "../decode-field.ts";
import type { Separators } from "../separators.ts";

export type Row = readonly string[];

/** A hundred thousand names in one list stay below it; beyond it is no row. */
const rowBytesMax = 16 * 1024 * 1024;

interface Plan {
  /** Begins every message: the address. */
  readonly where: string;
  readonly separators: Separators;
  /** Fields that a row must have; null: any number. */
  readonly width: number | null;
  /** A row with another number of fields is left out; `shown` is safe to print. */
  readonly onBadRow: (shown: string) => void;
}

export class RowDecoder {
  readonly #plan: Plan;
  readonly #rowSeparator: string;
  readonly #fieldSeparator: string;
  /** The beginning of a row whose end hasn't arrived. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#rowSeparator = String.fromCharCode(plan.separators.row);
    this.#fieldSeparator = String.fromCharCode(plan.separators.field);
  }

  /** The rows that end in `chunk`. Throws `livestatus-too-large`. */
  push(chunk: Buffer): Row[] {
    const end = chunk.lastIndexOf(this.#plan.separators.row);
    if (end < 0) {
      this.#keep(chunk);
      return [];
    }
    const whole = chunk.subarray(0, end);
    const block = this.#begun.length === 0 ? whole : Buffer.concat([...this.#begun, whole]);
    this.#begun = [];
    this.#begunBytes = 0;
    this.#keep(chunk.subarray(end + 1));
    return this.#split(block);
  }

  /** Every server ends the last row as it ends the others: a rest is a cut row. */
  end(): void {
    if (this.#begun.length > 0) this.#plan.onBadRow(shown(Buffer.concat(this.#begun)));
    this.#begun = [];
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#begun.push(piece);
    this.#begunBytes += piece.length;
    if (this.#begunBytes > rowBytesMax) {
      throw new FerryError(
        "livestatus-too-large",
        `${this.#plan.where}: a row of more than ${rowBytesMax} bytes`,
      );
    }
  }

  #split(block: Buffer): Row[] {
    if (isAscii(block)) return this.#rowsOf(block.toString("latin1"));
    // Separators are ASCII, so a block is valid exactly if each of its fields is.
    if (isUtf8(block)) return this.#rowsOf(block.toString("utf8"));
    return pieces(block, this.#plan.separators.row).flatMap((bytes) => this.#mixed(bytes));
  }

  #rowsOf(text: string): Row[] {
    const rows: string[][] = text
      .split(this.#rowSeparator)
      .map((row) => row.split(this.#fieldSeparator));
    const { width } = this.#plan;
    if (width === null || rows.every((row) => row.length === width)) return rows;
    return rows.filter((row) => this.#fits(row));
  }

  /** A row of which some fields may be Latin-1. */
  #mixed(bytes: Buffer): Row[] {
    if (isUtf8(bytes)) return this.#rowsOf(bytes.toString("utf8"));
    const row = pieces(bytes, this.#plan.separators.field).map(decodeField);
    return this.#fits(row) ? [row] : [];
  }

  #fits(row: Row): boolean {
    if (this.#plan.width === null || row.length === this.#plan.width) return true;
    this.#plan.onBadRow(printable(row.join(" ")));
    return false;
  }
}

function pieces(bytes: Buffer, separator: number): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(separator, start);
    if (end < 0) return [...found, bytes.subarray(start)];
    found.push(bytes.subarray(start, end));
    start = end + 1;
  }
}

function shown(bytes: Buffer): string {
  return printable(decodeField(bytes.subarray(0, 200)));
}
