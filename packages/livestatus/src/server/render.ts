// Rows of an answer → text → bytes.

import type { Cell, Cells, Pairs } from "@siteferry/model";
import type { Separators } from "../separators.ts";
import type { Flavour } from "./flavour.ts";
import type { ServedType } from "./source.ts";

interface Result {
  readonly rows: Iterable<Cells>;
  /** The heading, if one is wanted. */
  readonly names: readonly string[] | null;
  /** Of each cell of a row. */
  readonly types: readonly ServedType[];
}

/** Characters that are gathered before they become bytes. */
const pieceCharacters = 128 * 1024;

export function* csvRows(
  { rows, names, types }: Result,
  separators: Separators,
  flavour: Flavour,
): Generator<string> {
  const [end, between, item, part] = [
    separators.row,
    separators.field,
    separators.item,
    separators.part,
  ].map((code) => String.fromCharCode(code)) as [string, string, string, string];
  const cellText = (cell: Cell, type: ServedType): string => {
    if (cell === null) return "";
    if (typeof cell === "string") return cell;
    if (typeof cell === "number") return type === "float" ? flavour.formatFloat(cell) : `${cell}`;
    if (type === "list") return cell.join(item);
    return (cell as Pairs).map((pair) => pair.join(part)).join(item);
  };
  if (names) yield names.join(between) + end;
  for (const row of rows) {
    let line = "";
    for (let index = 0; index < row.length; index += 1) {
      if (index > 0) line += between;
      line += cellText(row[index]!, types[index]!);
    }
    yield line + end;
  }
}

/** An array a row. A dict is an object. */
export function* jsonRows(
  { rows, names, types }: Result,
  format: "json" | "wrapped_json",
  flavour: Flavour,
): Generator<string> {
  const line = (cells: Cells): string => {
    const text = JSON.stringify(
      cells.map((cell, index) =>
        types[index] === "dict" ? Object.fromEntries((cell ?? []) as Pairs) : cell,
      ),
    );
    return flavour.jsonLossy ? text.replace(/[\u{10000}-\u{10ffff}]/gu, broken) : text;
  };
  const wrapped = format === "wrapped_json";
  let total = 0;
  let before = wrapped ? `{${names ? `"columns":${JSON.stringify(names)},` : ""}"data":[` : "[";
  if (names && !wrapped) {
    yield before + JSON.stringify(names);
    before = ",\n";
  }
  for (const row of rows) {
    yield before + line(row);
    before = ",\n";
    total += 1;
  }
  if (before !== ",\n") yield before;
  yield wrapped ? `],"total_count":${total}}\n` : "]\n";
}

/** What naemon-livestatus 1.5.1 makes of the four bytes of an emoji: of its second and its fourth. */
function broken(character: string): string {
  const code = character.codePointAt(0)!;
  return String.fromCharCode((((code >> 12) & 0x3f) << 6) | (code & 0x3f));
}

/** Lines as bytes, in pieces of a handy size. */
export function encode(lines: Iterable<string>): Buffer[] {
  const pieces: Buffer[] = [];
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < pieceCharacters) continue;
    pieces.push(Buffer.from(text));
    text = "";
  }
  pieces.push(Buffer.from(text));
  return pieces;
}
