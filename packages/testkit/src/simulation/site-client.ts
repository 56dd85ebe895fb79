// The site's Livestatus without a socket: the interface of the real client over the site's objects.
// It can be unreachable, break off, and the core can restart in the middle of a dump.

import type { LivestatusClient, Row } from "@siteferry/livestatus";
import {
  type AnyTable,
  bundleTables,
  commentTable,
  downtimeTable,
  FerryError,
  hostStateTable,
  hostTable,
  serviceStateTable,
  serviceTable,
} from "@siteferry/model";
import type { Dice } from "../fake-site/dice.ts";
import type { Life } from "./life.ts";
import type { CheckedObject, Site } from "./site.ts";

export interface SiteTroubles {
  /** Shares: of connections that fail, of answers that break off, of queries before which it restarts. */
  readonly unreachable: number;
  readonly cut: number;
  readonly restart: number;
}

export const noSiteTroubles: SiteTroubles = { unreachable: 0, cut: 0, restart: 0 };

const where = "simulated:live";
const lists = new Set(["groups", "contacts", "contact_groups", "parents"]);
const statusColumns = [
  "program_start",
  "program_version",
  "livestatus_version",
  "num_hosts",
  "num_services",
];
const columnRows: readonly Row[] = [
  ...columnsOf("hosts", hostTable, hostStateTable),
  ...columnsOf("services", serviceTable, serviceStateTable),
  ...saidColumns("comments", commentTable),
  ...saidColumns("downtimes", downtimeTable),
  ...["time", "class", "message"].map((name) => ["log", name, "int"]),
  ...columnsOf("hostgroups", bundleTables.config[2]!),
  ...columnsOf("servicegroups", bundleTables.config[3]!),
  ...statusColumns.map((name) => ["status", name, "string"]),
];

function saidColumns(table: string, { columns }: AnyTable): Row[] {
  const names = Object.keys(columns).map((name) =>
    name === "description" ? "service_description" : name,
  );
  return names.map((name) => [table, name, "string"]);
}

function columnsOf(table: string, ...tables: readonly AnyTable[]): Row[] {
  const names = new Set(tables.flatMap(({ columns }) => Object.keys(columns)));
  names.delete("custom_variables");
  return [...names].map((name) => [table, name, "string"]);
}

export async function connectToSite(
  site: Site,
  troubles: SiteTroubles,
  dice: Dice,
  life: Life,
  nowSeconds: () => number,
): Promise<LivestatusClient> {
  await life.call("connect", () => {});
  if (dice.falls(troubles.unreachable)) {
    throw new FerryError("livestatus-unreachable", `${where}: nobody listens`);
  }
  return {
    where,
    async *rows({ table, columns, headers = [] }) {
      const rows = await life.call(`GET ${table}`, () => {
        if (dice.falls(troubles.restart)) {
          site.restart(nowSeconds());
          site.check(nowSeconds(), 0.3);
        }
        // A dump holds from one look at the status to the next.
        if (table === "status") site.remember();
        const since = /^Filter: time >= (\d+)/.exec(headers[0] ?? "")?.[1];
        return table === "log" ? logOf(site, Number(since)) : rowsOf(site, table, columns);
      });
      // In two batches, so that a dump can die or break off between them.
      const half = rows.length >> 1;
      if (half > 0) yield rows.slice(0, half);
      await life.call(`more of ${table}`, () => {});
      if (dice.falls(troubles.cut)) throw new FerryError("livestatus-cut", `${where} broke off`);
      yield rows.slice(half);
    },
    command: async () => {},
    close: async () => {},
  };
}

function rowsOf(site: Site, table: string, columns: readonly string[]): Row[] {
  const objects = [...site.objects.values()];
  const read = (object: CheckedObject): Row => columns.map((name) => cellOf(site, object, name));
  if (table === "columns") return [...columnRows];
  if (table === "hosts") return objects.filter(({ service }) => service === "").map(read);
  if (table === "services") return objects.filter(({ service }) => service !== "").map(read);
  if (table === "comments" || table === "downtimes") {
    return objects.filter(({ said }) => said !== null).map(read);
  }
  if (table !== "status") return [];
  const hosts = objects.filter(({ service }) => service === "").length;
  const values = [String(site.programStart), "4.4.6", "1.2.8", hosts, objects.length - hosts];
  return [columns.map((name) => String(values[statusColumns.indexOf(name)]))];
}

/** Newest first, as MK Livestatus gives it. */
function logOf({ log }: Site, since: number): Row[] {
  const lines = log.filter(({ time }) => time >= since).toReversed();
  return lines.map(({ time, message }) => [String(time), message]);
}

function cellOf(site: Site, object: CheckedObject, column: string): string {
  switch (column) {
    case "name":
    case "host_name":
      return object.host;
    case "description":
    case "service_description":
      return object.service;
    case "id":
      return String(object.said?.id);
    case "comment":
      return object.said?.text ?? "";
    case "author":
      return "alice";
    case "entry_type":
      return "1";
    case "alias":
      return site.alias();
    case "has_been_checked":
      return object.checked ? "1" : "0";
    case "state":
      return String(object.state);
    case "last_check":
      return String(object.lastCheck);
    case "last_state_change":
      return String(object.lastChange);
    case "latency":
      return String(object.latency);
    case "plugin_output":
      return object.output;
    case "long_plugin_output":
      // As Nagios keeps it.
      return object.longOutput.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    case "perf_data":
      return object.perfData;
    default:
      return lists.has(column) || /name|alias|address|command|icon|notes|url/.test(column)
        ? ""
        : "0";
  }
}
