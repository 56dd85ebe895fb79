// One cell of a row, by the kind of its column: from whatever JSON held to a value of that kind.

import {
  eventKinds,
  isNameFault,
  limits,
  parseHostName,
  parseServiceDescription,
  type Cell,
  type ColumnKind,
  type NameFault,
  type RefusalCode,
} from "@siteferry/model";

export type CellReader = (cell: unknown) => Cell;
/** Throws a Refusal that names the place. */
export type Refuse = (code: RefusalCode, problem: string) => never;

export interface Bounds {
  /** Makes an `integer` one from 0 to this. */
  readonly integerMax?: number;
  /** Characters that a `text` may have. */
  readonly textMax?: number;
  /** Entries of lists that may still come; goes down. */
  readonly entries: { left: number };
}

/** The reader of a column. */
export function cellReader(kind: ColumnKind, refuse: Refuse, bounds: Bounds): CellReader {
  return kind.endsWith("?")
    ? orNull(makers[kind.slice(0, -1) as RequiredKind](refuse, bounds))
    : makers[kind as RequiredKind](refuse, bounds);
}

type RequiredKind = Exclude<ColumnKind, `${string}?`>;

const makers: Readonly<Record<RequiredKind, (refuse: Refuse, bounds: Bounds) => CellReader>> = {
  host: (refuse) => nameReader(parseHostName, refuse),
  service: (refuse) => nameReader(parseServiceDescription, refuse),
  text: textReader,
  event: eventReader,
  list: (refuse, { entries }) => listReader(textReader(refuse), refuse, entries),
  pairs: (refuse, { entries }) => listReader(pairReader(refuse), refuse, entries),
  flag: (refuse) => numberReader(refuse, (value) => value === 0 || value === 1),
  integer: (refuse, { integerMax }) => numberReader(refuse, integerRange(integerMax)),
  number: (refuse) => numberReader(refuse, Number.isFinite),
  time: (refuse) => numberReader(refuse, isTime),
};

function isTime(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < limits.timeEnd;
}

function orNull(read: CellReader): CellReader {
  return (cell) => (cell === null ? null : read(cell));
}

function integerRange(max: number | undefined): (value: number) => boolean {
  if (max === undefined) return Number.isSafeInteger;
  return (value) => Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function numberReader(refuse: Refuse, isAllowed: (value: number) => boolean): CellReader {
  return (cell) => {
    if (typeof cell !== "number") return refuse("record-bad", "a number belongs here");
    return isAllowed(cell) ? cell : refuse("number-bad", `${cell} is out of range`);
  };
}

function textReader(
  refuse: Refuse,
  { textMax = Infinity }: Pick<Bounds, "textMax"> = {},
): (cell: unknown) => string {
  return (cell) => {
    if (typeof cell !== "string") return refuse("record-bad", "a text belongs here");
    if (cell.length > textMax) return refuse("record-too-long", `${cell.length} characters`);
    return cell.isWellFormed() ? cell : refuse("text-bad", "half a character (a lone surrogate)");
  };
}

function eventReader(refuse: Refuse): CellReader {
  const known: readonly unknown[] = eventKinds;
  return (cell) =>
    known.includes(cell) ? (cell as string) : refuse("record-bad", "a kind of event belongs here");
}

function listReader<Item>(
  read: (item: unknown) => Item,
  refuse: Refuse,
  entries: { left: number },
): (cell: unknown) => Item[] {
  return (cell) => {
    if (!Array.isArray(cell)) return refuse("record-bad", "a list belongs here");
    entries.left -= cell.length;
    if (entries.left < 0)
      return refuse("record-entries", "the bundle has too many of such entries");
    return cell.map((item) => read(item));
  };
}

function pairReader(refuse: Refuse): (item: unknown) => readonly [string, string] {
  const read = textReader(refuse);
  return (item) =>
    Array.isArray(item) && item.length === 2
      ? [read(item[0]), read(item[1])]
      : refuse("record-bad", "a pair of texts belongs here");
}

/** Each name is judged once, and kept once however many rows have it. */
function nameReader(parse: (text: string) => string | NameFault, refuse: Refuse): CellReader {
  const known = new Map<unknown, string>();
  return (cell) => {
    const earlier = known.get(cell);
    if (earlier !== undefined) return earlier;
    if (typeof cell !== "string") return refuse("record-bad", "a name belongs here");
    const name = parse(cell);
    if (isNameFault(name)) return refuse("name-bad", `the name ${name.shown} ${name.problem}`);
    known.set(cell, name);
    return name;
  };
}
