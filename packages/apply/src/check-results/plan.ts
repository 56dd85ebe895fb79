// Which objects need a result: the difference between what the site says now and what the core was
// handed last. Pure; one result per check that really ran, and per object time never goes back.

import { type HostName, limits, type ServiceDescription, type States } from "@siteferry/model";
import { type ObjectKey, objectKey, type Stamp, stampOf, stampTime } from "./applied.ts";

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
}

/** `results` is the record as it will be when everything in `due` is handed over. */
export interface Plan {
  readonly due: readonly DueResult[];
  readonly results: ReadonlyMap<ObjectKey, Stamp>;
  readonly counts: ResultCounts;
}

export interface PlanContext {
  readonly applied: ReadonlyMap<ObjectKey, Stamp>;
  readonly unread: ReadonlySet<ObjectKey>;
  readonly nowMs: number;
  /** What a host of the site is called at the centre. */
  readonly hostName: (host: HostName) => HostName;
  readonly isLive: (host: HostName, service: ServiceDescription | null) => boolean;
}

type Outcome = Exclude<keyof ResultCounts, "files" | "written" | "earlier" | "passedOver"> | "due";

export function planResults(states: States, context: PlanContext): Plan {
  const due: DueResult[] = [];
  // Made anew, so that objects which the site no longer has leave the record.
  const results = new Map<ObjectKey, Stamp>();
  const counts: ResultCounts = {
    written: 0,
    earlier: 0,
    passedOver: 0,
    files: 0,
    unchanged: 0,
    neverChecked: 0,
    waitingForCore: 0,
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
    const before = context.applied.get(key);
    const stamp = stampOf(row.last_check, row.state);
    const outcome = results.has(key)
      ? "unusable"
      : outcomeOf(row, service === null ? 2 : 3, stamp, before, context);
    if (outcome !== "due") {
      counts[outcome]++;
    } else if (!context.isLive(host, service)) {
      counts.waitingForConfiguration++;
    } else if (context.unread.has(key)) {
      counts.waitingForCore++;
    } else {
      due.push({ key, host, service, row, before });
      results.set(key, stamp);
      return;
    }
    if (before !== undefined && !results.has(key)) results.set(key, before);
  };
  for (const row of states.hosts) consider(context.hostName(row.name), null, row);
  for (const row of states.services) {
    consider(context.hostName(row.host_name), row.description, row);
  }
  return { due, results, counts };
}

function outcomeOf(
  row: States["hosts"][number] | States["services"][number],
  stateMax: number,
  stamp: Stamp,
  before: Stamp | undefined,
  { nowMs }: PlanContext,
): Outcome {
  if (row.has_been_checked === 0 || row.last_check <= 0) return "neverChecked";
  if (!(row.state >= 0 && row.state <= stateMax)) return "unusable";
  if (row.last_check * 1000 > nowMs + limits.clockSkewMaxMs) return "future";
  if (before === undefined) return "due";
  if (before === stamp) return "unchanged";
  return row.last_check < stampTime(before) ? "older" : "due";
}
