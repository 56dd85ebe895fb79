// A pretended site behind a livestatus server, for the demo and the tests: it looks like a Naemon in a
// small company, and its checks run when tick() is called.

import type { Source } from "@siteferry/livestatus";
import type { Clock, Seconds } from "@siteferry/model";

import { isInMaintenance } from "./annotations.ts";
import { checkOf, pingKind } from "./catalogue.ts";
import { Checks, type Finding } from "./checks.ts";
import { seededDice, type Dice } from "./dice.ts";
import { hostFinding, serviceFinding } from "./findings.ts";
import {
  hostColumns,
  intervalMinutes,
  maxAttempts,
  serviceColumns,
  type ColumnValues,
} from "./inventory.ts";
import { servedTables } from "./served-tables.ts";

export interface FakeSiteOptions {
  readonly hosts: number;
  readonly servicesPerHost: number;
  /** The same seed and clock give the same site and the same course of events. */
  readonly seed: number;
  readonly clock: Clock;
  /** Without objects that are configured but were never checked. */
  readonly allChecked?: boolean;
}

export interface FakeSite {
  /** To be served with `serve` of the livestatus package, flavour `naemon`. */
  readonly source: Source;
  /** Lets a fifth of the checks run, now. */
  tick(): TickReport;
}

export interface TickReport {
  /** Hosts and services whose check ran. */
  readonly checks: number;
  /** Those of them that have another state than before. */
  readonly changes: number;
}

const ticksPerRound = 5;
/** Rounds that have run before the site is first looked at, so that some troubles are hard. */
const earlierRounds = 4;
const intervalSeconds = intervalMinutes * 60;
const uptimeSeconds = 3 * 24 * 3600;

export function makeFakeSite(options: FakeSiteOptions): FakeSite {
  const { hosts, servicesPerHost, seed, clock, allChecked = false } = options;
  const dice = seededDice(seed);
  const start = secondsOf(clock);
  const hostConfiguration = hostColumns(hosts);
  const names = (hostConfiguration["name"] ?? []) as readonly string[];
  const sides = [
    hostSide(hostConfiguration, dice, allChecked),
    serviceSide(names, servicesPerHost, dice, allChecked),
  ] as const;
  for (let round = 0; round < earlierRounds; round += 1) {
    for (const side of sides) {
      side.run(0, 1, (index) => {
        const rest = (index * 37) % intervalSeconds;
        return start - (earlierRounds - round) * intervalSeconds + rest;
      });
    }
  }
  for (const { checks } of sides) checks.alerts.length = 0;
  sides[0].checks.columns.scheduled_downtime_depth.forEach((_, host, depths) => {
    depths[host] = isInMaintenance(host) ? 1 : 0;
  });
  const tables = servedTables(sides, start, start - uptimeSeconds);
  let tick = 0;
  return {
    source: {
      tables() {
        for (const side of sides) side.checks.age(secondsOf(clock), intervalSeconds);
        return tables;
      },
    },
    tick() {
      const now = secondsOf(clock);
      const reports = sides.map((side) => side.run(tick % ticksPerRound, ticksPerRound, () => now));
      tick += 1;
      return {
        checks: reports.reduce((sum, { checks }) => sum + checks, 0),
        changes: reports.reduce((sum, { changes }) => sum + changes, 0),
      };
    },
  };
}

/** The hosts, or the services, with what runs on them. */
interface Side {
  readonly checks: Checks;
  readonly columns: ColumnValues;
  readonly alerts: Checks["alerts"];
  /** Runs each `step`-th check, beginning with `first`. */
  run(first: number, step: number, at: (index: number) => Seconds): TickReport;
}

function hostSide(configuration: ColumnValues, dice: Dice, allChecked: boolean): Side {
  const addresses = configuration["address"] ?? [];
  const find = (index: number, checks: Checks) =>
    hostFinding(pingKind, {
      trouble: checks.nextTrouble(index),
      address: String(addresses[index]),
      dice,
    });
  const never = (host: number) => !allChecked && hostIsNeverChecked(host);
  return makeSide(configuration, addresses.length, { find, never, dice });
}

function serviceSide(
  names: readonly string[],
  perHost: number,
  dice: Dice,
  allChecked: boolean,
): Side {
  const kinds = Array.from({ length: perHost }, (_, n) => checkOf(n));
  const count = names.length * perHost;
  const usual = Array.from({ length: count }, () => dice.between(0.1, 0.7));
  const find = (index: number, checks: Checks) => {
    const { kind, index: which } = kinds[index % perHost]!;
    const trouble = checks.nextTrouble(index);
    return serviceFinding(kind, which, { trouble, usual: usual[index]! * kind.warn, dice });
  };
  const never = (index: number) => {
    if (allChecked) return false;
    const host = Math.floor(index / perHost);
    return hostIsNeverChecked(host) || (host % 3 === 0 && index % perHost === 10);
  };
  return makeSide(serviceColumns(names, perHost), count, { find, never, dice });
}

function hostIsNeverChecked(index: number): boolean {
  return index % 13 === 12;
}

interface Behaviour {
  readonly find: (index: number, checks: Checks) => Finding;
  /** Such a check is configured, but hasn't run yet. */
  readonly never: (index: number) => boolean;
  readonly dice: Dice;
}

function makeSide(configuration: ColumnValues, count: number, behaviour: Behaviour): Side {
  const checks = new Checks(count, maxAttempts, behaviour.dice);
  return {
    checks,
    alerts: checks.alerts,
    columns: { ...configuration, ...checks.columns },
    run(first, step, at) {
      const report = { checks: 0, changes: 0 };
      for (let index = first; index < count; index += step) {
        if (behaviour.never(index)) continue;
        report.checks += 1;
        const changed = checks.record(index, behaviour.find(index, checks), at(index));
        if (changed) report.changes += 1;
      }
      return report;
    },
  };
}

function secondsOf(clock: Clock): Seconds {
  return Math.floor(clock.now() / 1000);
}
