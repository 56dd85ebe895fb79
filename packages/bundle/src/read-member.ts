// NDJSON of a member → typed rows: step 12 of the order of trust, and the receiver's hot path. A row
// that gets through consists of values that were checked one by one, in objects made here.

import { isUtf8 } from "node:buffer";
import {
  blankRow,
  limits,
  Refusal,
  type Cell,
  type ColumnKind,
  type Table,
} from "@siteferry/model";
import { columnsLine, memberName } from "./layout.ts";
import type { Pace } from "./pace.ts";
import { cellReader, type CellReader } from "./read-cell.ts";

const lineFeed = 0x0a;

export interface ReadOptions {
  /** Of rows. */
  readonly count: number;
  /** Entries of lists that the bundle may still have; goes down. */
  readonly entries: { left: number };
  readonly pace: Pace;
}

/**
 * All rows of `content`. Refuses with `text-bad`, `record-bad`, `record-count`, `record-entries`,
 * `record-too-long`, `record-twice`, `number-bad`, `name-bad`, `opening-timeout`; the message names
 * the member, the line and the column.
 */
export async function readMember<Row>(
  table: Table<Row>,
  content: Buffer,
  { count, entries, pace }: ReadOptions,
): Promise<Row[]> {
  const name = memberName(table);
  if (!isUtf8(content)) throw new Refusal("text-bad", `${name} isn't UTF-8`);
  const head = Buffer.from(`${columnsLine(table)}\n`);
  if (!content.subarray(0, head.length).equals(head)) {
    throw new Refusal("record-bad", `${name} doesn't begin with its table's columns`);
  }
  const place = { line: 1 };
  const readRow = rowReader(table, place, entries);
  const rows: Row[] = [];
  for (let start = head.length; start < content.length;) {
    place.line++;
    if (rows.length === count) throw miscounted(name, `more than ${count}`);
    const end = content.indexOf(lineFeed, start);
    if (end === -1) throw new Refusal("record-bad", `${name} ends in the middle of a row`);
    if (end - start > limits.recordBytesMax) {
      throw new Refusal("record-too-long", `${name} line ${place.line} has ${end - start} bytes`);
    }
    rows.push(readRow(content.toString("utf8", start, end)));
    start = end + 1;
    const pause = pace.breathe();
    if (pause !== undefined) await pause;
  }
  if (rows.length !== count) throw miscounted(name, `${rows.length}, not ${count}`);
  return rows;
}

function miscounted(name: string, rows: string): Refusal {
  return new Refusal("record-count", `${name} has ${rows} rows`);
}

/** Reads one line; `place.line` is its number, for messages. */
function rowReader<Row>(
  table: Table<Row>,
  place: { readonly line: number },
  entries: { left: number },
): (line: string) => Row {
  const columns = Object.entries<ColumnKind>(table.columns);
  const refusal = (code: Refusal["code"], column: string, problem: string): Refusal =>
    new Refusal(code, `${memberName(table)} line ${place.line}, ${column}: ${problem}`);
  const readers = columns.map(([column, kind]): CellReader => {
    const integerMax = limits.integerMax[table.name]?.[column];
    const textMax = limits.textMax[table.name]?.[column];
    return cellReader(
      kind,
      (code, problem) => {
        throw refusal(code, column, problem);
      },
      {
        entries,
        ...(integerMax !== undefined && { integerMax }),
        ...(textMax !== undefined && { textMax }),
      },
    );
  });
  const names = columns.map(([column]) => column);
  const blank = blankRow(names);
  const isNew = keyRegister(table.key);
  const isEvent = table.name === "events";

  return (line) => {
    const cells = parseLine(line);
    if (cells?.length !== readers.length) {
      throw refusal("record-bad", "all", `an array of ${readers.length} cells belongs here`);
    }
    const row = { ...blank };
    for (let index = 0; index < readers.length; index++) {
      row[names[index]!] = readers[index]!(cells[index]);
    }
    if (!isNew(row[names[0]!], row[names[1]!])) {
      throw refusal("record-twice", names[0]!, "an object that an earlier row describes");
    }
    if (isEvent && isImpossible(row)) throw refusal("number-bad", "state", "no host has it");
    return row as Row;
  };
}

function parseLine(line: string): readonly unknown[] | null {
  try {
    const cells: unknown = JSON.parse(line);
    return Array.isArray(cells) ? cells : null;
  } catch {
    return null;
  }
}

/** Events of hosts and of services are in one table, and a host has fewer states. */
function isImpossible({ description, state }: Readonly<Record<string, Cell>>): boolean {
  return description === null && Number(state) > limits.stateMax.host_states;
}

/** Says of each row's key, its first cells, whether it is new. */
function keyRegister(cells: 0 | 1 | 2): (first: unknown, second: unknown) => boolean {
  if (cells === 0) return () => true;
  const known = new Map<unknown, Set<unknown>>();
  return (first, second) => {
    const key = cells === 2 ? second : null;
    const seconds = known.get(first);
    if (seconds === undefined) known.set(first, new Set([key]));
    else if (seconds.has(key)) return false;
    else seconds.add(key);
    return true;
  };
}
