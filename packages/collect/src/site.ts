// Reading a site: one dump through one livestatus connection, table by table as a stream. Counts
// what it gets against what the core says it has, and notices a restart in the middle.

import {
  checkFilters,
  type ColumnTypes,
  type HeaderLine,
  type LivestatusClient,
  readColumns,
} from "@siteferry/livestatus";
import {
  type AnyTable,
  type Cells,
  FerryError,
  isNameFault,
  type LivestatusTable,
  type Log,
  printable,
  type Progress,
  type Seconds,
} from "@siteferry/model";
import { type EventsRead, readEvents } from "./events.ts";
import { detectFlavour, type SourceFlavour } from "./flavour.ts";
import { planColumns } from "./normalise.ts";
import { ObjectRegister } from "./object-register.ts";

/** Header lines that choose the objects of a dump. Without any, everything is dumped. */
export interface SiteFilters {
  readonly hosts: readonly HeaderLine[];
  readonly services: readonly HeaderLine[];
}

export interface SiteOptions {
  readonly filters: SiteFilters;
  /** `auto` asks the core. */
  readonly flavour: SourceFlavour | "auto";
  readonly log: Log;
  readonly progress?: Progress | undefined;
}

export interface SourceVersions {
  readonly flavour: SourceFlavour;
  readonly program_version: string;
  readonly livestatus_version: string;
}

export interface Site {
  readonly versions: SourceVersions;
  /**
   * Rows of a table in batches, in the table's column order. Rows that can't travel are counted. Of
   * comments and downtimes come those of the objects whose states were read before; none if the core
   * lacks the table. Events come otherwise.
   * @throws FerryError of fewer rows than objects: `core-restarting` if these changed meanwhile, else
   * `livestatus-incomplete`.
   */
  read(table: AnyTable): AsyncIterable<readonly Cells[]>;
  /** What happened to these objects since then; none if the core keeps no log. Throws as the client. */
  readEvents(since: Seconds): Promise<EventsRead>;
  /** Rows that were left out so far, because of their name, their shape or their length. */
  readonly rowsRefused: number;
  /** Counts and tells a row of `table` that the caller leaves out; `problem` goes on after the row's name. */
  refuse(table: LivestatusTable, row: string, problem: string): void;
  /**
   * Call it after the last table.
   * @throws FerryError `core-restarting` if what was read doesn't belong together.
   */
  confirm(): Promise<void>;
}

interface CoreStatus {
  readonly programStart: string;
  readonly programVersion: string;
  readonly livestatusVersion: string;
  /** How many objects the core says it has; undefined if it doesn't. */
  readonly counts: Readonly<Partial<Record<LivestatusTable, number>>>;
}

const tables = [
  "hosts",
  "services",
  "hostgroups",
  "servicegroups",
  "comments",
  "downtimes",
  "log",
] as const;

const essential: Readonly<Record<LivestatusTable, readonly string[]>> = {
  hosts: ["name", "state", "has_been_checked", "last_check", "plugin_output"],
  services: [
    "host_name",
    "description",
    "state",
    "has_been_checked",
    "last_check",
    "plugin_output",
  ],
  hostgroups: ["name"],
  servicegroups: ["name"],
  comments: ["id", "host_name", "service_description", "author", "comment", "entry_type"],
  downtimes: ["id", "host_name", "service_description", "start_time", "end_time", "fixed"],
  log: [],
};

/** Asks the server what it is and which columns it has. */
export async function openSite(client: LivestatusClient, options: SiteOptions): Promise<Site> {
  const { filters, flavour, log } = options;
  const types = await readColumns(client, [...tables, "status"]);
  checkFilters(filters.hosts, "hosts", types.get("hosts") ?? new Map());
  checkFilters(filters.services, "services", types.get("services") ?? new Map());
  const status = await readStatus(client, namesOf(types.get("status")));
  const { programVersion, livestatusVersion } = status;
  const versions = {
    flavour: flavour === "auto" ? detectFlavour(programVersion, livestatusVersion) : flavour,
    program_version: programVersion,
    livestatus_version: livestatusVersion,
  };
  const core = `${versions.flavour} ${printable(programVersion)}`;
  log.debug(versions, `${client.where} is ${core}, livestatus ${printable(livestatusVersion)}`);
  return new OpenSite(client, types, status, versions, options);
}

class OpenSite implements Site {
  readonly versions: SourceVersions;
  rowsRefused = 0;
  readonly #client: LivestatusClient;
  readonly #types: ReadonlyMap<LivestatusTable | "status", ColumnTypes>;
  readonly #status: CoreStatus;
  readonly #filters: SiteFilters;
  readonly #log: Log;
  readonly #progress: Progress | undefined;
  readonly #objects = new ObjectRegister();

  constructor(
    client: LivestatusClient,
    types: ReadonlyMap<LivestatusTable | "status", ColumnTypes>,
    status: CoreStatus,
    versions: SourceVersions,
    { filters, log, progress }: SiteOptions,
  ) {
    this.#client = client;
    this.#types = types;
    this.#status = status;
    this.versions = versions;
    this.#filters = filters;
    this.#log = log;
    this.#progress = progress;
  }

  async *read(table: AnyTable): AsyncIterable<readonly Cells[]> {
    const { source } = table;
    const available = namesOf(this.#types.get(source));
    if (!this.#has(source, available)) return;
    const plan = planColumns(table, available, this.versions.flavour);
    const headers = headersFor(source, this.#filters);
    const expected = await countObjects(this.#client, source, headers, this.#status);
    this.#progress?.begin(`Reading ${table.name.replace("_", " ")}`, expected);
    let received = 0;
    const onBadRow = (row: string): void => {
      received += 1;
      this.refuse(source, row, "has the wrong number of columns");
    };
    // Icinga 2 doesn't name the columns of an empty table; there is nothing to ask for then.
    const query = { table: source, columns: plan.columns, headers };
    const take = this.#taker(table);
    for await (const rows of available.size === 0 ? [] : this.#client.rows(query, onBadRow)) {
      received += rows.length;
      this.#progress?.add(rows.length);
      const batch: Cells[] = [];
      for (const row of rows) {
        const cells = plan.normalise(row);
        if (isNameFault(cells)) this.refuse(source, `"${cells.shown}"`, cells.problem);
        else if (take(cells)) batch.push(cells);
      }
      yield batch;
    }
    if (expected !== undefined && received < expected) {
      const { where } = this.#client;
      const status = await this.#sameLife();
      if ((await countObjects(this.#client, source, headers, status)) !== expected) {
        throw new FerryError("core-restarting", `${where} lost or got ${source} during the dump`);
      }
      const what = `${received} of ${expected} rows of the table ${source}`;
      throw new FerryError("livestatus-incomplete", `${where} sent ${what}`);
    }
    this.#log.debug({ table: source, rows: received }, `Read ${received} rows of ${source}`);
  }

  async readEvents(since: Seconds): Promise<EventsRead> {
    const available = namesOf(this.#types.get("log"));
    this.#progress?.begin("Reading the core's log");
    return await readEvents(this.#client, available, this.#objects, since);
  }

  async confirm(): Promise<void> {
    await this.#sameLife();
  }

  async #sameLife(): Promise<CoreStatus> {
    const now = await readStatus(this.#client, namesOf(this.#types.get("status")));
    if (now.programStart === this.#status.programStart) return now;
    throw new FerryError("core-restarting", `${this.#client.where} restarted during the dump`);
  }

  /** Whether there is something to read. Without its essential columns no row of a table says anything. */
  #has(table: LivestatusTable, available: ReadonlySet<string>): boolean {
    const isExtra = table === "comments" || table === "downtimes";
    if (!isExtra) checkColumns(table, available);
    else if (missingColumns(table, available).length > 0) {
      this.#log.debug({ table }, `${this.#client.where} has no ${table}`);
      return false;
    }
    return true;
  }

  /** Whether a row travels; remembers what has to be known for that of later tables. */
  #taker({ name }: AnyTable): (cells: Cells) => boolean {
    const objects = this.#objects;
    if (name === "host_states" || name === "service_states") {
      return ([host, description]) => {
        objects.add(host!, name === "host_states" ? null : description!);
        return true;
      };
    }
    if (name !== "comments" && name !== "downtimes") return () => true;
    const ids = new Set<unknown>();
    return ([id, host, description]) => {
      if (!objects.has(host!, description!)) return false;
      if (!ids.has(id)) return ids.add(id).has(id);
      this.refuse(name, JSON.stringify(id), "is the id of two rows");
      return false;
    };
  }

  refuse(table: LivestatusTable, row: string, problem: string): void {
    this.rowsRefused += 1;
    if (this.rowsRefused > refusalsLoggedMax) return;
    this.#log.warn({ table, row, problem }, `Left out of the dump: ${row} ${problem}`);
  }
}

/** One broken plugin may spoil ten thousand rows. */
const refusalsLoggedMax = 10;

function namesOf(types: ColumnTypes | undefined): ReadonlySet<string> {
  return new Set(types?.keys());
}

function headersFor(table: LivestatusTable, filters: SiteFilters): readonly HeaderLine[] {
  return table === "hosts" || table === "services" ? filters[table] : [];
}

function checkColumns(table: LivestatusTable, available: ReadonlySet<string>): void {
  const missing = missingColumns(table, available);
  if (available.size > 0 && missing.length > 0) {
    throw new FerryError(
      "livestatus-protocol",
      `The table ${table} has no column ${missing.join(", ")}: this isn't a monitoring core's Livestatus`,
    );
  }
}

function missingColumns(table: LivestatusTable, available: ReadonlySet<string>): string[] {
  return essential[table].filter((column) => !available.has(column));
}

/** How many rows to expect: from the status table, or, with a filter, from a count by the server. */
async function countObjects(
  client: LivestatusClient,
  table: LivestatusTable,
  headers: readonly HeaderLine[],
  status: CoreStatus,
): Promise<number | undefined> {
  if (headers.length === 0) return status.counts[table];
  const [row] = await readAll(client, table, { stats: ["state >= 0"], headers });
  const count = Number(row?.[0]);
  return Number.isFinite(count) ? count : undefined;
}

async function readStatus(
  client: LivestatusClient,
  available: ReadonlySet<string>,
): Promise<CoreStatus> {
  const wanted = [
    "program_start",
    "program_version",
    "livestatus_version",
    "num_hosts",
    "num_services",
  ] as const;
  const columns = wanted.filter((column) => available.has(column));
  const [row] = await readAll(client, "status", { columns });
  const value = (column: (typeof wanted)[number]): string | undefined =>
    row?.[columns.indexOf(column)];
  const hosts = Number(value("num_hosts") ?? Number.NaN);
  const services = Number(value("num_services") ?? Number.NaN);
  return {
    programStart: value("program_start") ?? "",
    programVersion: value("program_version") ?? "",
    livestatusVersion: value("livestatus_version") ?? "",
    counts: {
      ...(Number.isFinite(hosts) && { hosts }),
      ...(Number.isFinite(services) && { services }),
    },
  };
}

async function readAll(
  client: LivestatusClient,
  table: string,
  query: {
    columns?: readonly string[];
    stats?: readonly string[];
    headers?: readonly HeaderLine[];
  },
): Promise<(readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for await (const batch of client.rows({ table, columns: [], ...query })) {
    rows.push(...batch);
  }
  return rows;
}
