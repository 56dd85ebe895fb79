// What the core is handed before an object's current result, so that it goes the way that the site went:
// the changes of state that the site logged since, and what its attempts lack. Pure.

import {
  type HostName,
  limits,
  type Seconds,
  type ServiceDescription,
  type SiteEvent,
} from "@siteferry/model";
import {
  type AppliedRecord,
  nothingReached,
  type ObjectKey,
  objectKey,
  type Reached,
  stampOf,
  stampTime,
  undelivered,
} from "./applied.ts";
import { Course, type Turn } from "./course.ts";
import type { ResultColumns } from "./format.ts";
import type { DueResult } from "./plan.ts";

/** The core's max_check_attempts of an object, by its names at the centre. */
export type AttemptsMax = (host: HostName, service: ServiceDescription | null) => number;

export interface EarlierContext {
  readonly record: AppliedRecord;
  readonly hostName: (host: HostName) => HostName;
  /** Null: the centre has 1 for all objects, as what the site says counts as hard. */
  readonly attemptsMax: AttemptsMax | null;
  /** The record as it will be. */
  readonly planned: AppliedRecord["results"];
}

export interface Earlier {
  /** By object, in order; what isn't here has none. */
  readonly results: ReadonlyMap<ObjectKey, readonly ResultColumns[]>;
  /** What the core has now of objects that lose more than a repetition if all of it is taken back. */
  readonly before: ReadonlyMap<ObjectKey, Reached>;
  /** The attempts that objects reach with all of it. */
  readonly attempts: ReadonlyMap<ObjectKey, number>;
  readonly count: number;
  readonly passedOver: number;
}

/** `events` are those of the site's own hosts, and may tell again what the core was handed before. */
export function planEarlier(
  due: readonly DueResult[],
  events: readonly SiteEvent[],
  { record, hostName, attemptsMax, planned }: EarlierContext,
): Earlier {
  const results = new Map<ObjectKey, readonly ResultColumns[]>();
  const before = new Map<ObjectKey, Reached>();
  const attempts = new Map<ObjectKey, number>();
  const missed = missedAlerts(due, alertsByObject(events, hostName), record);
  const bounds = bound([...missed.values()]);
  let { passedOver, room } = bounds;
  let count = 0;
  for (const result of due) {
    const { key, host, service, row } = result;
    const alerts = missed.get(key) ?? [];
    const isBehind = record.behind?.has(key) === true;
    if (alerts.length === 0 && !isBehind && isPlain(result, attemptsMax)) {
      if (isChange(result)) before.set(key, { stamp: result.before! });
      continue;
    }
    const from = reachedOf(result, record);
    const isHardAnyway = service !== null && isDown(host, record.results) && isDown(host, planned);
    const max = isHardAnyway ? 1 : (attemptsMax?.(host, service) ?? 1);
    const passed = alerts.slice(-bounds.perObjectMax);
    const course = new Course(startOf(from, row.last_check), max, passed.length + room);
    for (const alert of passed) course.pass(turnOfAlert(alert));
    course.arrive(turnOfRow(row));
    const { earlier, attempt } = course;
    if (attempt > 0) attempts.set(key, attempt);
    if (earlier.length > 0) results.set(key, earlier);
    count += earlier.length;
    passedOver += course.passedOver;
    room -= Math.max(0, earlier.length - passed.length);
    before.set(key, from);
  }
  return { results, before, attempts, count, passedOver };
}

/** A clock that was put back makes what the core has later than the current result, by the site's times. */
function startOf({ stamp, ...attempt }: Reached, until: Seconds): Reached {
  return { stamp: stampOf(Math.min(stampTime(stamp), until), stamp % 8), ...attempt };
}

/** Most objects: one result says it all. */
function isPlain({ row, before }: DueResult, attemptsMax: AttemptsMax | null): boolean {
  const { state, last_state_change: since, last_check: until } = row;
  const stateBefore = before === undefined ? undelivered : before % 8;
  const isWell = state === 0 && (stateBefore === 0 || before === undefined);
  if (attemptsMax !== null && !isWell) return false;
  const from = before === undefined ? 0 : stampTime(before);
  return state === stateBefore || isWell || !(since > from && since < until);
}

/** While its host isn't up, a core takes each problem of a service for hard. */
function isDown(host: HostName, results: AppliedRecord["results"]): boolean {
  const stamp = results.get(host);
  return stamp !== undefined && stamp % 8 !== 0 && stamp % 8 !== undelivered;
}

function isChange({ row, before }: DueResult): boolean {
  return before !== undefined && before % 8 !== row.state;
}

function reachedOf({ key, before: stamp }: DueResult, record: AppliedRecord): Reached {
  const behind = record.behind?.get(key);
  if (behind !== undefined) return behind;
  if (stamp === undefined) return nothingReached;
  const attempt = record.attempts?.get(key);
  return attempt === undefined ? { stamp } : { stamp, attempt };
}

function alertsByObject(
  events: readonly SiteEvent[],
  hostName: EarlierContext["hostName"],
): ReadonlyMap<ObjectKey, readonly SiteEvent[]> {
  const alerts = new Map<ObjectKey, SiteEvent[]>();
  for (const event of events) {
    if (event.kind !== "alert") continue;
    const { description, host_name, state } = event;
    const stateMax =
      description === null ? limits.stateMax.host_states : limits.stateMax.service_states;
    if (!(Number.isInteger(state) && state >= 0 && state <= stateMax)) continue;
    const key = objectKey(hostName(host_name), description);
    const ofObject = alerts.get(key);
    if (ofObject === undefined) alerts.set(key, [event]);
    else ofObject.push(event);
  }
  for (const ofObject of alerts.values()) ofObject.sort((a, b) => a.time - b.time);
  return alerts;
}

/**
 * Those after what the core has and before the current result. Of an object that the core sees for the
 * first time none: it has no past there, and if only the record was lost it has it already.
 */
function missedAlerts(
  due: readonly DueResult[],
  alerts: ReadonlyMap<ObjectKey, readonly SiteEvent[]>,
  record: AppliedRecord,
): ReadonlyMap<ObjectKey, readonly SiteEvent[]> {
  const missed = new Map<ObjectKey, readonly SiteEvent[]>();
  if (alerts.size === 0) return missed;
  for (const result of due) {
    const { key, row } = result;
    const from = stampTime(reachedOf(result, record).stamp);
    const ofObject = alerts.get(key);
    if (ofObject === undefined || from === 0) continue;
    const since = ofObject.filter(({ time }) => time > from);
    // Neither the current result itself, nor what came after it in its second.
    const current = since.findLastIndex(
      ({ time, state }) => time === row.last_check && state === row.state,
    );
    const isBefore = ({ time }: SiteEvent, index: number): boolean =>
      time < row.last_check || index < current;
    missed.set(key, since.filter(isBefore));
  }
  return missed;
}

/**
 * So many of each object, the newest, that all together are within the limit of a pass. `room`: for so many
 * results there is place besides. What is filled in takes it in the order of the objects: one that gets too
 * little is nearer to its goal, and the next pass with a check of it goes on from there.
 */
function bound(missed: readonly (readonly SiteEvent[])[]): {
  readonly perObjectMax: number;
  readonly passedOver: number;
  readonly room: number;
} {
  const total = (max: number): number =>
    missed.reduce((sum, { length }) => sum + Math.min(length, max), 0);
  let perObjectMax = limits.replayedPerObjectMax;
  while (perObjectMax > 1 && total(perObjectMax) > limits.replayedPerPassMax) {
    perObjectMax = Math.floor(perObjectMax / 2);
  }
  const kept = total(perObjectMax);
  return {
    perObjectMax,
    passedOver: total(Number.POSITIVE_INFINITY) - kept,
    room: Math.max(0, limits.replayedPerPassMax - kept),
  };
}

function turnOfAlert({ time, state, state_type, attempt, plugin_output }: SiteEvent): Turn {
  const isHard = state_type === 1;
  return { time, state, isHard, attempt, output: plugin_output, since: time, hardSince: time };
}

function turnOfRow(row: DueResult["row"]): Turn {
  const { last_check, state, state_type, current_attempt, last_state_change, plugin_output } = row;
  return {
    time: last_check,
    state,
    isHard: state_type === 1,
    attempt: current_attempt,
    output: plugin_output,
    since: last_state_change,
    hardSince: row.last_hard_state === state ? (row.last_hard_state_change ?? 0) : 0,
  };
}
