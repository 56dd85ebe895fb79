// Rows of a snapshot. On the wire and inside the sender a row is an array of cells in its table's
// column order (tables.ts); whoever wants fields by name turns it into one of these objects.
// Names of fields are those of the livestatus columns.

import type { HostName, ServiceDescription } from "./names.ts";
import type { Table } from "./tables.ts";

/** Whole seconds since 1970; 0 for never. */
export type Seconds = number;
export type Flag = 0 | 1;
/** [name, value], in the core's order. */
export type Pairs = readonly (readonly [name: string, value: string])[];

export type Cell = string | number | null | readonly string[] | Pairs;
/** Cells in the order of a table's columns. */
export type Cells = readonly Cell[];

/** Null: the core doesn't know the column. */
interface CommonConfiguration {
  readonly display_name: string;
  readonly check_command: string;
  readonly max_check_attempts: number;
  /** In the core's units: minutes, with the usual `interval_length=60`. */
  readonly check_interval: number | null;
  readonly retry_interval: number | null;
  readonly active_checks_enabled: Flag | null;
  readonly groups: readonly string[];
  readonly contacts: readonly string[];
  readonly contact_groups: readonly string[];
  readonly icon_image: string | null;
  readonly notes: string | null;
  readonly notes_url: string | null;
  readonly action_url: string | null;
  readonly custom_variables: Pairs;
}

export interface HostConfiguration extends CommonConfiguration {
  readonly name: HostName;
  readonly alias: string;
  readonly address: string;
  readonly parents: readonly string[];
}

export interface ServiceConfiguration extends CommonConfiguration {
  readonly host_name: HostName;
  readonly description: ServiceDescription;
}

export interface Group {
  readonly name: string;
  readonly alias: string;
}

/** If `has_been_checked` is 0, state, state_type and all times are 0 and the texts empty. */
interface CommonState {
  readonly has_been_checked: Flag;
  /** Service: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Host: 0 UP, 1 DOWN, 2 UNREACHABLE. */
  readonly state: number;
  /** 0 soft, 1 hard. */
  readonly state_type: Flag;
  readonly current_attempt: number;
  readonly last_check: Seconds;
  readonly last_state_change: Seconds;
  readonly last_hard_state: number | null;
  readonly last_hard_state_change: Seconds | null;
  /** Seconds, with a fraction; so is `execution_time`. */
  readonly latency: number;
  readonly execution_time: number;
  readonly plugin_output: string;
  /** Real text with line feeds, not a core's escaped form. */
  readonly long_plugin_output: string;
  readonly perf_data: string;
  readonly acknowledged: Flag;
  /** 0 none, 1 normal, 2 sticky. */
  readonly acknowledgement_type: number | null;
  readonly scheduled_downtime_depth: number;
  readonly is_flapping: Flag | null;
  readonly percent_state_change: number | null;
  /** Age of the last check in check intervals, at the moment of the dump. */
  readonly staleness: number | null;
}

export interface HostState extends CommonState {
  readonly name: HostName;
}

export interface ServiceState extends CommonState {
  readonly host_name: HostName;
  readonly description: ServiceDescription;
}

export type HostKey = Pick<HostState, "name">;
export type ServiceKey = Pick<ServiceState, "host_name" | "description">;

/** What a site's core is configured to monitor. */
export interface Configuration {
  readonly hosts: readonly HostConfiguration[];
  readonly services: readonly ServiceConfiguration[];
  readonly hostgroups: readonly Group[];
  readonly servicegroups: readonly Group[];
}

/** The states of all objects of a site at one moment. */
export interface States {
  readonly hosts: readonly HostState[];
  readonly services: readonly ServiceState[];
  /** Null: its sender doesn't tell of them, which isn't the same as none. */
  readonly annotations?: Annotations | null;
  /** What happened before, oldest first; it may overlap with what an earlier bundle told. */
  readonly events?: readonly SiteEvent[];
}

/** What people said about objects. */
export interface Annotations {
  readonly comments: readonly SiteComment[];
  readonly downtimes: readonly SiteDowntime[];
}

/** A row of the table `comments`; `id` is one of its core's life. */
export interface SiteComment {
  readonly id: number;
  readonly host_name: HostName;
  /** Null: a comment on the host. */
  readonly description: ServiceDescription | null;
  readonly author: string;
  readonly comment: string;
  readonly entry_time: Seconds;
  /** 1 of a user, 2 of a downtime, 3 of flapping, 4 of an acknowledgement. */
  readonly entry_type: number;
  readonly persistent: Flag;
  /** 0: it doesn't expire. */
  readonly expire_time: Seconds;
}

/** A row of the table `downtimes`. */
export interface SiteDowntime {
  readonly id: number;
  readonly host_name: HostName;
  /** Null: a downtime of the host. */
  readonly description: ServiceDescription | null;
  readonly author: string;
  readonly comment: string;
  readonly entry_time: Seconds;
  readonly start_time: Seconds;
  readonly end_time: Seconds;
  readonly fixed: Flag;
  /** Seconds that a flexible one lasts once it began. */
  readonly duration: number;
  /** The `id` of the downtime that begins this one; 0: none. */
  readonly triggered_by: number;
}

/** A line of the core's history, as the table `log` has it. */
export interface SiteEvent {
  readonly time: Seconds;
  readonly host_name: HostName;
  /** Null: it happened to the host. */
  readonly description: ServiceDescription | null;
  readonly kind: EventKind;
  /** Of an alert, numbered as in {@link HostState} and {@link ServiceState}; else 0. */
  readonly state: number;
  /** Of an alert: 0 soft, 1 hard; else 0. */
  readonly state_type: Flag;
  readonly attempt: number;
  readonly plugin_output: string;
}

export const eventKinds = [
  "alert",
  "downtime-started",
  "downtime-stopped",
  "downtime-cancelled",
  "flapping-started",
  "flapping-stopped",
  "flapping-disabled",
] as const;
export type EventKind = (typeof eventKinds)[number];

export type CommentKey = Pick<SiteComment, "id">;
export type DowntimeKey = Pick<SiteDowntime, "id">;

/** Turns cells, which must have passed the table's validation, into rows. */
export function rowMaker<Row>(table: Table<Row>): (cells: Cells) => Row {
  const names = Object.keys(table.columns);
  const blank = blankRow(names);
  return (cells) => {
    const row = { ...blank };
    for (let index = 0; index < names.length; index++) row[names[index]!] = cells[index]!;
    return row as Row;
  };
}

/**
 * A row to copy: V8 keeps copies as compact objects, while one that is filled key by key becomes a
 * hash table at the 13th key, five times as large.
 */
export function blankRow(names: readonly string[]): Record<string, Cell> {
  return structuredClone(Object.fromEntries(names.map((name) => [name, null])));
}
