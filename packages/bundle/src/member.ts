// Rows to the bytes of one member: NDJSON, first the column names, then one array a row. The
// sender's hot path: rows become bytes in batches and nothing else is kept of them.

import {
  FerryError,
  limits,
  printable,
  type Cell,
  type Cells,
  type AnyTable,
  type verbatimMembers,
} from "@siteferry/model";
import { columnsLine, memberName } from "./layout.ts";

/** A finished member; `chunks` together are its content. */
export interface Member {
  /** The file name inside the bundle, `hosts.ndjson`. */
  readonly name: string;
  readonly rows: number;
  /** In its lists; absent if nobody counted them. */
  readonly entries?: number;
  readonly sizeBytes: number;
  /** Each ends with a line. */
  readonly chunks: readonly Uint8Array[];
}

export interface MemberWriter {
  /**
   * One row, in the table's column order, already normalised. If its line would be too long, its
   * longest texts are cut. Throws `snapshot-too-large` if that doesn't help.
   */
  add(cells: Cells): void;
  /** What was added; the writer is used up. */
  finish(): Member;
}

/** A member of a vendor's dump: its text, of which each line ends with a line feed. */
export function textMember(name: (typeof verbatimMembers)[number], text: string): Member {
  const content = Buffer.from(text);
  return { name, rows: countLines(content), sizeBytes: content.length, chunks: [content] };
}

/** Line feeds. */
export function countLines(content: Uint8Array): number {
  let lines = 0;
  for (let at = content.indexOf(0x0a); at !== -1; at = content.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

/** Characters that are gathered before they are encoded. */
const batchCharacters = 128 * 1024;

export function memberWriter(table: AnyTable): MemberWriter {
  const chunks: Uint8Array[] = [];
  let batch = `${columnsLine(table)}\n`;
  let rows = 0;
  let entries = 0;
  let sizeBytes = 0;

  function flush(): void {
    const chunk = Buffer.from(batch);
    chunks.push(chunk);
    sizeBytes += chunk.length;
    batch = "";
  }

  return {
    add(cells) {
      batch += `${encodeRow(table, cells)}\n`;
      rows++;
      for (const cell of cells) if (Array.isArray(cell)) entries += cell.length;
      if (batch.length >= batchCharacters) flush();
    },
    finish() {
      flush();
      return { name: memberName(table), rows, entries, sizeBytes, chunks };
    },
  };
}

function encodeRow(table: AnyTable, cells: Cells): string {
  const line = JSON.stringify(cells);
  // A lone surrogate shows as \ud…, and would make the centre refuse the whole bundle.
  const suspicious = line.includes("\\ud") || line.length * 3 > limits.recordBytesMax;
  return suspicious ? repairedRow(table, cells) : line;
}

function repairedRow(table: AnyTable, cells: Cells): string {
  const row = cells.map(wellFormed);
  for (;;) {
    const line = JSON.stringify(row);
    if (Buffer.byteLength(line) <= limits.recordBytesMax) return line;
    const longest = row.reduce<number>(
      (best, cell, index) => (textLength(cell) > textLength(row[best]) ? index : best),
      0,
    );
    const text = row[longest];
    if (typeof text !== "string" || text.length < 1024) {
      const name = printable(JSON.stringify(cells.slice(0, 2)));
      throw new FerryError("snapshot-too-large", `${table.name}: the row ${name} is too long`);
    }
    row[longest] = text.slice(0, text.length / 2).toWellFormed();
  }
}

function wellFormed(cell: Cell): Cell {
  return JSON.parse(JSON.stringify(cell), (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  ) as Cell;
}

function textLength(cell: Cell | undefined): number {
  return typeof cell === "string" ? cell.length : 0;
}
