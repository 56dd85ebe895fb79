// Which objects need a result: the difference between what the site says now and what the core was
// handed last. Pure; one result per check that really ran, and per object time never goes back.

import {
  type HostName,
  type Log,
  limits,
  type Seconds,
  type ServiceDescription,
  type SiteId,
  type States,
} from "@siteferry/model";
import {
  type AppliedRecord,
  type ObjectKey,
  objectKey,
  type Stamp,
  stampOf,
  stampTime,
} from "./applied.ts";

/** What became of objects in one pass. */
export interface ResultCounts {
  /** Results, with those of the past. */
  written: number;
  /** Of them those that stand before an object's current one. */
  earlier: number;
  /** Results of the past that are more than the core is handed at once. */
  passedOver: number;
  files: number;
  unchanged: number;
  neverChecked: number;
  /** An earlier result lies unread in the core's spool; the newest one follows when it is read. */
  waitingForCore: number;
  /** Since when the oldest file lies unread there, those of this pass left out; null: none does. */
  unreadSinceMs: number | null;
  /** Files that were taken back to be written anew, as the core hadn't read them for half an hour. */
  withdrawn: number;
  waitingForConfiguration: number;
  /** Checked before what the core has already. */
  older: number;
  /** Checked further in the future than limits.clockSkewMaxMs. */
  future: number;
  /** A state that no core knows, or an object that occurs twice. */
  unusable: number;
}

/** An object that gets a result. */
export interface DueResult {
  readonly key: ObjectKey;
  readonly host: HostName;
  readonly service: ServiceDescription | null;
  readonly row: States["hosts"][number] | States["services"][number];
  /** What the record said of it; absent if it was never handed over. */
  readonly before: Stamp | undefined;
  /** The core's time that nothing of it may be before, as the core had that already. */
  readonly notBefore: Seconds;
}

/** `results` and `shifts` are the record as it will be when everything in `due` is handed over. */
export interface Plan {
  readonly due: readonly DueResult[];
  readonly results: ReadonlyMap<ObjectKey, Stamp>;
  readonly shifts: ReadonlyMap<ObjectKey, Seconds>;
  readonly counts: ResultCounts;
}

export interface PlanContext {
  readonly applied: ReadonlyMap<ObjectKey, Stamp>;
  readonly shifts?: AppliedRecord["shifts"] | undefined;
  readonly behind?: AppliedRecord["behind"] | undefined;
  readonly unread: ReadonlySet<ObjectKey>;
  /** By the centre's clock. */
  readonly nowMs: number;
  /** By so much the site's is ahead, as far as that is put right. */
  readonly secondsAhead?: number;
  /** What a host of the site is called at the centre. */
  readonly hostName: (host: HostName) => HostName;
  readonly isLive: (host: HostName, service: ServiceDescription | null) => boolean;
  /** What isn't live is gone from the core, so that it has nothing of it should it come back. */
  readonly isWhole?: boolean;
}

type Outcome = Exclude<keyof ResultCounts, "files" | "written" | "earlier" | "passedOver"> | "due";

export function planResults(states: States, context: PlanContext): Plan {
  const due: DueResult[] = [];
  // Made anew, so that objects which the site no longer has leave the record.
  const results = new Map<ObjectKey, Stamp>();
  const shifts = new Map<ObjectKey, Seconds>();
  const counts: ResultCounts = {
    written: 0,
    earlier: 0,
    passedOver: 0,
    files: 0,
    unchanged: 0,
    neverChecked: 0,
    waitingForCore: 0,
    unreadSinceMs: null,
    withdrawn: 0,
    waitingForConfiguration: 0,
    older: 0,
    future: 0,
    unusable: 0,
  };
  const consider = (
    host: HostName,
    service: ServiceDescription | null,
    row: States["hosts"][number] | States["services"][number],
  ): void => {
    const key = objectKey(host, service);
    const isLost = context.isWhole === true && !context.isLive(host, service);
    const before = isLost ? undefined : context.applied.get(key);
    const stamp = stampOf(row.last_check, row.state);
    const handed = before === undefined ? 0 : stampTime(before) - (context.shifts?.get(key) ?? 0);
    const outcome = results.has(key)
      ? "unusable"
      : outcomeOf(row, service === null ? 2 : 3, { before, handed }, context);
    if (outcome !== "due") {
      counts[outcome]++;
    } else if (!context.isLive(host, service)) {
      counts.waitingForConfiguration++;
    } else if (context.unread.has(key)) {
      counts.waitingForCore++;
    } else {
      const behind = context.behind?.get(key);
      const notBefore =
        behind === undefined ? handed : stampTime(behind.stamp) - (context.shifts?.get(key) ?? 0);
      due.push({ key, host, service, row, before, notBefore });
      results.set(key, stamp);
      const shift = shiftOf(row.last_check, notBefore, context.secondsAhead);
      if (shift !== 0) shifts.set(key, shift);
      return;
    }
    if (before === undefined || results.has(key)) return;
    results.set(key, before);
    const shift = context.shifts?.get(key);
    if (shift !== undefined) shifts.set(key, shift);
  };
  for (const row of states.hosts) consider(context.hostName(row.name), null, row);
  for (const row of states.services) {
    consider(context.hostName(row.host_name), row.description, row);
  }
  return { due, results, shifts, counts };
}

/**
 * What is taken off a time of the site's for the core's. As the correction is another one at times, less may be
 * than it says: no result may be older than one that the core has.
 */
export function shiftOf(time: Seconds, notBefore: Seconds, secondsAhead: number = 0): Seconds {
  return Math.min(secondsAhead, time - notBefore);
}

function outcomeOf(
  row: States["hosts"][number] | States["services"][number],
  stateMax: number,
  { before, handed }: { readonly before: Stamp | undefined; readonly handed: Seconds },
  { nowMs, secondsAhead = 0 }: PlanContext,
): Outcome {
  const time = row.last_check - secondsAhead;
  if (row.has_been_checked === 0 || row.last_check <= 0) return "neverChecked";
  if (!(row.state >= 0 && row.state <= stateMax)) return "unusable";
  if (time * 1000 > nowMs + limits.clockSkewMaxMs) return "future";
  if (before === undefined) return "due";
  if (before === stampOf(row.last_check, row.state)) return "unchanged";
  // By the site's clock alone a clock that was put back would say so for long; by the core's time alone a new
  // correction.
  return row.last_check < stampTime(before) && time < handed ? "older" : "due";
}

/** Rare: a site's clock that was put back, or a site that was restored. */
export function tellOlder(log: Log, site: SiteId, older: number): void {
  log.warn({ site, older }, "Results are left out that are older than what the core has");
}
