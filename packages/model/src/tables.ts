// The tables of a snapshot: which columns travel, in which order, of which kind. Everything that
// reads, writes or checks rows is derived from here: the livestatus query, the NDJSON members of a
// bundle, the validation at the centre. What the columns mean stands in rows.ts.

import type { HostName, ServiceDescription } from "./names.ts";
import type {
  CommentKey,
  DowntimeKey,
  EventKind,
  Flag,
  Group,
  HostConfiguration,
  HostKey,
  HostState,
  Pairs,
  ServiceConfiguration,
  ServiceKey,
  ServiceState,
  SiteComment,
  SiteDowntime,
  SiteEvent,
} from "./rows.ts";

/**
 * What a cell holds. `flag` is 0 or 1; `integer` a safe integer; `number` finite; `time` whole
 * seconds since 1970, 0 for never; `list` an array of strings; `pairs` an array of [name, value];
 * `event` one of `eventKinds`. A `?` behind it: null where the core doesn't know the column;
 * `service?` is null where the host itself is meant.
 */
export type ColumnKind = RequiredKind | OptionalKind;
type RequiredKind = "host" | "service" | "text" | "list" | "pairs" | "event" | NumericKind;
type NumericKind = "integer" | "number" | "time" | "flag";
type OptionalKind = "text?" | "service?" | `${NumericKind}?`;

/** The kinds that a field of type `Field` may have. */
type KindFor<Field> = [Field] extends [HostName]
  ? "host"
  : [Field] extends [ServiceDescription]
    ? "service"
    : [Field] extends [ServiceDescription | null]
      ? "service?"
      : [Field] extends [EventKind]
        ? "event"
        : [Field] extends [Flag]
          ? "flag"
          : [Field] extends [number]
            ? "integer" | "number" | "time"
            : [Field] extends [string]
              ? "text"
              : [Field] extends [Pairs]
                ? "pairs"
                : [Field] extends [readonly string[]]
                  ? "list"
                  : [Field] extends [Flag | null]
                    ? "flag?"
                    : [Field] extends [number | null]
                      ? "integer?" | "number?" | "time?"
                      : "text?";

type Columns<Row> = { readonly [K in keyof Row]-?: KindFor<Row[K]> };

/** A table: the name of its member in a bundle, the livestatus table it is read from, its columns. */
export interface Table<Row> {
  readonly name: TableName;
  readonly source: LivestatusTable;
  /** How many of the first columns make a row's key, which no other row has; 0: rows have none. */
  readonly key: 0 | 1 | 2;
  readonly columns: Columns<Row>;
}

export type LivestatusTable =
  | "hosts"
  | "services"
  | "hostgroups"
  | "servicegroups"
  | "comments"
  | "downtimes"
  | "log";
export type TableName =
  | Exclude<LivestatusTable, "log">
  | "host_states"
  | "service_states"
  | "events"
  | "hosts_gone"
  | "services_gone"
  | "comments_gone"
  | "downtimes_gone";

const commonConfiguration = {
  display_name: "text",
  check_command: "text",
  max_check_attempts: "integer",
  check_interval: "number?",
  retry_interval: "number?",
  active_checks_enabled: "flag?",
  groups: "list",
  contacts: "list",
  contact_groups: "list",
  icon_image: "text?",
  notes: "text?",
  notes_url: "text?",
  action_url: "text?",
  custom_variables: "pairs",
} as const;

export const hostTable: Table<HostConfiguration> = {
  name: "hosts",
  source: "hosts",
  key: 1,
  columns: {
    name: "host",
    alias: "text",
    address: "text",
    parents: "list",
    ...commonConfiguration,
  },
};

export const serviceTable: Table<ServiceConfiguration> = {
  name: "services",
  source: "services",
  key: 2,
  columns: { host_name: "host", description: "service", ...commonConfiguration },
};

export const hostgroupTable: Table<Group> = {
  name: "hostgroups",
  source: "hostgroups",
  key: 1,
  columns: { name: "text", alias: "text" },
};

export const servicegroupTable: Table<Group> = {
  name: "servicegroups",
  source: "servicegroups",
  key: 1,
  columns: { name: "text", alias: "text" },
};

const commonState = {
  has_been_checked: "flag",
  state: "integer",
  state_type: "flag",
  current_attempt: "integer",
  last_check: "time",
  last_state_change: "time",
  last_hard_state: "integer?",
  last_hard_state_change: "time?",
  latency: "number",
  execution_time: "number",
  plugin_output: "text",
  long_plugin_output: "text",
  perf_data: "text",
  acknowledged: "flag",
  acknowledgement_type: "integer?",
  scheduled_downtime_depth: "integer",
  is_flapping: "flag?",
  percent_state_change: "number?",
  // Last, because it changes by itself every second: a delta compares rows up to here.
  staleness: "number?",
} as const;

export const hostStateTable: Table<HostState> = {
  name: "host_states",
  source: "hosts",
  key: 1,
  columns: { name: "host", ...commonState },
};

export const serviceStateTable: Table<ServiceState> = {
  name: "service_states",
  source: "services",
  key: 2,
  columns: { host_name: "host", description: "service", ...commonState },
};

export const commentTable: Table<SiteComment> = {
  name: "comments",
  source: "comments",
  key: 1,
  columns: {
    id: "integer",
    host_name: "host",
    description: "service?",
    author: "text",
    comment: "text",
    entry_time: "time",
    entry_type: "integer",
    persistent: "flag",
    expire_time: "time",
  },
};

export const downtimeTable: Table<SiteDowntime> = {
  name: "downtimes",
  source: "downtimes",
  key: 1,
  columns: {
    id: "integer",
    host_name: "host",
    description: "service?",
    author: "text",
    comment: "text",
    entry_time: "time",
    start_time: "time",
    end_time: "time",
    fixed: "flag",
    duration: "integer",
    triggered_by: "integer",
  },
};

/** The one table whose rows aren't the columns of its source: they are made of the lines of a log. */
export const eventTable: Table<SiteEvent> = {
  name: "events",
  source: "log",
  key: 0,
  columns: {
    time: "time",
    host_name: "host",
    description: "service?",
    kind: "event",
    state: "integer",
    state_type: "flag",
    attempt: "integer",
    plugin_output: "text",
  },
};

/** Keys of a delta's keyframe that aren't there any more. */
export const hostGoneTable: Table<HostKey> = {
  name: "hosts_gone",
  source: "hosts",
  key: 1,
  columns: { name: "host" },
};

export const serviceGoneTable: Table<ServiceKey> = {
  name: "services_gone",
  source: "services",
  key: 2,
  columns: { host_name: "host", description: "service" },
};

export const commentGoneTable: Table<CommentKey> = {
  name: "comments_gone",
  source: "comments",
  key: 1,
  columns: { id: "integer" },
};

export const downtimeGoneTable: Table<DowntimeKey> = {
  name: "downtimes_gone",
  source: "downtimes",
  key: 1,
  columns: { id: "integer" },
};

/** `table` with only the columns in `names`, its key among them, for those who need few of them. */
export function pickColumns<Row, K extends keyof Row & string>(
  table: Table<Row>,
  names: readonly K[],
): Table<Pick<Row, K>> {
  const columns = Object.fromEntries(names.map((name) => [name, table.columns[name]]));
  return { ...table, columns: columns as unknown as Columns<Pick<Row, K>> };
}

/** A table of whatever rows. */
export interface AnyTable {
  readonly name: TableName;
  readonly source: LivestatusTable;
  readonly key: 0 | 1 | 2;
  readonly columns: Readonly<Record<string, ColumnKind>>;
}

/**
 * The members of a vendor's dump: not rows, but what its commands printed. The configuration, and the
 * states; one that is empty says that it is as it was.
 */
export const verbatimMembers = ["config.mk", "states.txt"] as const;

/** The kinds of bundles that carry rows. */
export type RowKind = "config" | "keyframe" | "delta";

/** The tables of a bundle, in the order of its members. */
export const bundleTables: Readonly<Record<RowKind, readonly AnyTable[]>> = {
  config: [hostTable, serviceTable, hostgroupTable, servicegroupTable],
  keyframe: [hostStateTable, serviceStateTable, commentTable, downtimeTable, eventTable],
  delta: [
    hostStateTable,
    serviceStateTable,
    commentTable,
    downtimeTable,
    eventTable,
    hostGoneTable,
    serviceGoneTable,
    commentGoneTable,
    downtimeGoneTable,
  ],
};

/**
 * The same where only states are known: of senders before comments, downtimes and events travelled,
 * and of what isn't read through Livestatus. That is another thing than a site that has none.
 */
export const statesOnlyTables: Readonly<Record<"keyframe" | "delta", readonly AnyTable[]>> = {
  keyframe: [hostStateTable, serviceStateTable],
  delta: [hostStateTable, serviceStateTable, hostGoneTable, serviceGoneTable],
};
