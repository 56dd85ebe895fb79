// Lines of a request → what is asked. Never throws: what can't be understood is part of the result,
// because the answer about it has to be framed as the rest of the request wants it.

import { defaultSeparators, type Separators } from "../separators.ts";
import { ownColumn } from "../condition.ts";
import { ConditionStack, type Condition } from "./condition-tree.ts";
import { RequestFault } from "./fault.ts";
import type { Flavour } from "./flavour.ts";
import type { RequestLines } from "./request-reader.ts";

type Format = "csv" | "json" | "wrapped_json";

/** How the answer is to be framed. */
export interface Framing {
  readonly fixed16: boolean;
  readonly keepAlive: boolean;
  readonly separators: Separators;
}

export interface Get {
  readonly kind: "get";
  readonly table: string;
  /** Null: all. */
  readonly columns: readonly string[] | null;
  /** All of them must hold. */
  readonly filters: readonly Condition[];
  /** How many of the rows that pass the filters fulfil each of these. */
  readonly stats: readonly Condition[];
  readonly limit: number;
  readonly columnHeaders: boolean;
  readonly format: Format;
  /** Only what this contact may see. */
  readonly authUser: string | null;
}

/** `[time] NAME;arg;…` */
interface Command {
  readonly kind: "command";
  readonly line: string;
}

export interface Request {
  readonly framing: Framing;
  readonly ask: Get | Command | { readonly kind: "fault"; readonly fault: RequestFault };
}

/** The state while the lines of a request are read. */
interface Draft {
  readonly table: string;
  columns: string[] | null;
  limit: number;
  columnHeaders: boolean | null;
  format: Format;
  authUser: string | null;
  fixed16: boolean;
  keepAlive: boolean;
  separators: Separators;
  readonly filters: ConditionStack;
  readonly stats: ConditionStack;
}

export function parseRequest(lines: RequestLines, flavour: Flavour): Request {
  const [method = "", ...headers] = lines;
  const [, table = ""] = /^GET\s+([A-Za-z_]+)$/.exec(method) ?? [];
  const draft: Draft = {
    table,
    columns: null,
    limit: Infinity,
    columnHeaders: null,
    format: "csv",
    authUser: null,
    fixed16: false,
    keepAlive: false,
    separators: defaultSeparators,
    filters: new ConditionStack(table),
    stats: new ConditionStack(table),
  };
  let fault: RequestFault | null = null;
  for (const header of headers) {
    try {
      readHeader(header, draft, flavour);
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      fault ??= error;
    }
  }
  const { fixed16, keepAlive, separators } = draft;
  const framing = { fixed16, keepAlive, separators };
  const command = /^COMMAND (.*)$/.exec(method);
  if (command) return { framing, ask: { kind: "command", line: command[1]!.trim() } };
  if (table === "") fault = new RequestFault(400, "Invalid request method", "method");
  if (fault) return { framing, ask: { kind: "fault", fault } };
  return { framing, ask: finish(draft) };
}

function finish(draft: Draft): Get {
  const { table, columns, limit, format, authUser } = draft;
  const filters = draft.filters.conditions;
  const stats = draft.stats.conditions;
  // Whoever doesn't say which columns he wants has to be told which ones he got.
  const columnHeaders = draft.columnHeaders ?? (columns === null && stats.length === 0);
  return { kind: "get", table, columns, filters, stats, limit, columnHeaders, format, authUser };
}

const readers: Readonly<Record<string, (value: string, draft: Draft) => void>> = {
  Columns(value, draft) {
    const columns = words(value).map((column) => ownColumn(draft.table, column));
    draft.columns = [...(draft.columns ?? []), ...columns];
  },
  Filter: (value, draft) => draft.filters.push(value),
  And: (value, draft) => draft.filters.combine("and", value),
  Or: (value, draft) => draft.filters.combine("or", value),
  Negate: (_, draft) => draft.filters.negate(),
  Stats: (value, draft) => draft.stats.push(value),
  StatsAnd: (value, draft) => draft.stats.combine("and", value),
  StatsOr: (value, draft) => draft.stats.combine("or", value),
  StatsNegate: (_, draft) => draft.stats.negate(),
  Limit: (value, draft) => (draft.limit = number(value, "Limit", Number.MAX_SAFE_INTEGER)),
  AuthUser: (value, draft) => (draft.authUser = value),
  ColumnHeaders: (value, draft) => (draft.columnHeaders = onOrOff(value, "ColumnHeaders")),
  KeepAlive: (value, draft) => (draft.keepAlive = onOrOff(value, "KeepAlive")),
  OutputFormat: (value, draft) => (draft.format = parseFormat(value)),
  ResponseHeader: (value, draft) => (draft.fixed16 = parseResponseHeader(value)),
  Separators: (value, draft) => (draft.separators = parseSeparators(value)),
  // Shifts what the client sends as times by the difference of the clocks, and siteferry's own is right.
  Localtime: () => {},
};

function readHeader(header: string, draft: Draft, flavour: Flavour): void {
  const [, name = "", value = ""] = /^([A-Za-z]+):\s*(.*)$/.exec(header) ?? [];
  if (Object.hasOwn(readers, name)) {
    readers[name]!(value, draft);
  } else if (flavour.unknownHeader === "error") {
    throw new RequestFault(400, `Undefined request header '${header}'`, "unknown-header");
  }
}

function words(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== "");
}

function number(value: string, name: string, max: number): number {
  const found = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (found <= max) return found;
  throw new RequestFault(400, `${name}: not a number in its range`);
}

function onOrOff(value: string, name: string): boolean {
  if (value === "on" || value === "off") return value === "on";
  throw new RequestFault(400, `${name}: only 'on' and 'off'`);
}

function parseFormat(value: string): Format {
  if (value === "csv" || value === "json" || value === "wrapped_json") return value;
  throw new RequestFault(
    400,
    "Invalid output format. Only 'csv', 'json' and 'wrapped_json' are available.",
  );
}

function parseResponseHeader(value: string): boolean {
  if (value === "fixed16" || value === "off") return value === "fixed16";
  throw new RequestFault(400, "ResponseHeader: only 'off' and 'fixed16'");
}

function parseSeparators(value: string): Separators {
  const [row, field, item, part, ...more] = words(value).map((word) =>
    number(word, "Separators", 127),
  );
  if (part === undefined || more.length > 0) {
    throw new RequestFault(400, "Separators: four numbers from 0 to 127");
  }
  return { row: row!, field: field!, item: item!, part };
}
