// The configuration columns of a pretended site: hosts behind switches, the same services on each.

import type { Cell } from "@siteferry/model";

import { checkOf, hostKinds, switchKind, type HostKind } from "./catalogue.ts";

export type ColumnValues = Readonly<Record<string, readonly Cell[]>>;

/** Each so many hosts begin with the switch that is the parent of the others. */
const hostsPerSwitch = 20;
export const intervalMinutes = 1;
export const maxAttempts = 3;

const commonColumns = {
  max_check_attempts: maxAttempts,
  check_interval: intervalMinutes,
  retry_interval: intervalMinutes,
  active_checks_enabled: 1,
  contacts: ["jörg", "noc"],
  contact_groups: ["admins"],
} as const;

/** Names and configuration of `count` hosts. */
export function hostColumns(count: number): ColumnValues {
  const hosts = Array.from({ length: count }, (_, index) => hostOf(index));
  return columnsFrom(hosts);
}

/** The services of these hosts, host by host. */
export function serviceColumns(hostNames: readonly string[], perHost: number): ColumnValues {
  const one = Array.from({ length: perHost }, (_, index) => serviceOf(index));
  const columns = hostNames.length === 0 ? [] : Object.entries(columnsFrom(one));
  const all = columns.map(([name, cells]) => [name, hostNames.flatMap(() => cells)] as const);
  const host_name = hostNames.flatMap((name) => one.map(() => name));
  return { host_name, ...Object.fromEntries(all) };
}

function hostOf(index: number): Readonly<Record<string, Cell>> {
  const rack = Math.floor(index / hostsPerSwitch);
  const isSwitch = index % hostsPerSwitch === 0;
  const kind = isSwitch ? switchKind : hostKinds[index % hostKinds.length]!;
  const name = nameOf(kind, index);
  const office = rack % 2 === 1 ? ["büro"] : [];
  return {
    name,
    alias: `${kind.alias} ${index + 1}`,
    display_name: name,
    address: `10.${20 + (rack >> 8)}.${rack & 255}.${10 + (index % hostsPerSwitch)}`,
    parents: isSwitch ? [] : [nameOf(switchKind, rack * hostsPerSwitch)],
    ...commonColumns,
    check_command: "check-host-alive",
    groups: [kind.group, ...office],
    icon_image: kind.icon,
    notes: isSwitch ? "Schlüssel beim Pförtner; Raum 0.17" : "",
    notes_url: `https://wiki.example.org/host/${name}?a=1&b=2`,
    action_url: "",
    custom_variable_names: ["LOCATION", "TIER"],
    custom_variable_values: [`Köln, Rack ${rack + 1}`, index % 3 === 0 ? "gold" : "silver"],
  };
}

function serviceOf(n: number): Readonly<Record<string, Cell>> {
  const { kind, index } = checkOf(n);
  const description = index === 0 ? kind.description : `${kind.description} ${index + 1}`;
  return {
    description,
    display_name: description,
    ...commonColumns,
    check_command: kind.command,
    groups: kind.group === "" ? [] : [kind.group],
    icon_image: "",
    notes: "",
    notes_url: "",
    action_url: kind.group === "disks" ? "https://graphs.example.org/disk" : "",
    custom_variable_names: kind.details ? ["RUNBOOK"] : [],
    custom_variable_values: kind.details ? ["wiki: „Was tun?“ | Seite 3"] : [],
  };
}

function nameOf(kind: HostKind, index: number): string {
  return `${kind.prefix}-${String(index + 1).padStart(3, "0")}`;
}

function columnsFrom(rows: readonly Readonly<Record<string, Cell>>[]): ColumnValues {
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}
