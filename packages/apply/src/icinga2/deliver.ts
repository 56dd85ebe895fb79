// The reconciling target over process-check-result: every pass brings the core from what it was handed
// to what the site says now. What a crash left open, and what a core that restarted may have lost, is
// asked of the core itself; so a result is neither lost nor handed over twice.

import {
  FerryError,
  type HostName,
  type ServiceDescription,
  type SiteId,
  type States,
  type World,
} from "@siteferry/model";
import {
  type AppliedRecord,
  type AppliedStore,
  type ObjectKey,
  type PendingFile,
  type Stamp,
  stampOf,
  timeAtCore,
  withoutDelivery,
} from "../check-results/applied.ts";
import {
  type DueResult,
  type Plan,
  planResults,
  type ResultCounts,
  shiftOf,
  tellOlder,
} from "../check-results/plan.ts";
import type { CoreObjects, Delivered, Icinga2Api } from "./api.ts";
import { checkResultParameters, stateAtCore } from "./result.ts";

export interface Icinga2ResultsWorld extends Pick<World, "clock" | "log" | "progress"> {
  readonly store: AppliedStore;
  readonly api: Icinga2Api;
  /** What the core has, read when it is asked for first, then kept for the run. */
  readonly coreObjects: () => Promise<CoreObjects>;
  /** Requests under way at once. */
  readonly connections: number;
}

export interface Icinga2SiteStates {
  readonly site: SiteId;
  readonly states: States;
  readonly hostName: (host: HostName) => HostName;
  /** The core has restarted since the last pass, or may have: its state may be older than the record. */
  readonly mayHaveLost: boolean;
  /** By so much its clock is ahead of ours, which is taken off the times of results; negative: behind. */
  readonly secondsAhead?: number;
  /** What the core shows as the source of the results; absent: the site. */
  readonly source?: string;
}

export interface Icinga2Counts extends ResultCounts {
  /** Results for which the core said that it has a newer one. */
  newerAtCore: number;
  /** Objects that don't take results; they are offered again. */
  refusedByCore: number;
}

/** Results between two saves of the record: what a crash can leave open. */
const stepMax = 1_000;
/** The name under which what is on its way stands in the record. */
const underWay = "cunsure";

/**
 * @throws FerryError `core-unreachable`, `core-refused`, `peer-unknown`: what was handed over is in the
 *   record, the next pass goes on.
 */
export async function deliverStates(
  world: Icinga2ResultsWorld,
  { site, states, hostName, mayHaveLost, secondsAhead = 0, source = site }: Icinga2SiteStates,
): Promise<Icinga2Counts> {
  const { clock, log, store } = world;
  const record = await store.load(site);
  const open = new Set([...record.pending.values()].flatMap(({ keys }) => keys));
  const compare = open.size > 0 || (mayHaveLost && record.results.size > 0);
  const core = compare ? await world.coreObjects() : null;
  const applied = core === null ? record.results : stillThere(record, core);
  const nowMs = clock.now();
  const plan = planResults(states, {
    applied,
    shifts: record.shifts,
    unread: new Set(),
    nowMs,
    secondsAhead,
    hostName,
    isLive: () => true,
  });
  const delivery = new Delivery(
    world,
    site,
    plan.counts,
    withoutDue(plan, applied, record.shifts),
    secondsAhead,
    source,
  );
  try {
    await delivery.deliver(plan.due, open);
  } finally {
    if (plan.due.length > 0 || compare || plan.results.size < record.results.size) {
      await store.save(site, delivery.record());
    }
  }
  const { counts } = delivery;
  if (counts.older > 0) tellOlder(log, site, counts.older);
  if (counts.future > 0) {
    const { future } = counts;
    log.warn({ site, future }, "Results from the future are held back: compare the site's clock");
  }
  if (counts.refusedByCore > 0) {
    const refused = counts.refusedByCore;
    log.warn({ site, refused }, "Objects of the core don't take results: enable_passive_checks?");
  }
  return counts;
}

/** The record, without what the core has lost. A host that is unreachable at the site is down here. */
function stillThere(record: AppliedRecord, core: CoreObjects): ReadonlyMap<ObjectKey, Stamp> {
  const kept = new Map<ObjectKey, Stamp>();
  for (const [key, stamp] of record.results) {
    const object = core.get(key);
    if (object === undefined) continue;
    // Should the core have a newer result from somebody else, it takes ours for older and keeps its own.
    const isBehind =
      object.checkedUntil < timeAtCore(record, key) || object.state !== atCore(key, stamp % 8);
    kept.set(key, isBehind ? withoutDelivery(stamp) : stamp);
  }
  return kept;
}

function atCore(key: ObjectKey, state: number): number {
  return stateAtCore(key.includes("\t") ? ("" as ServiceDescription) : null, state);
}

/** The record as it is when nothing of `due` is handed over yet. */
function withoutDue(
  plan: Plan,
  applied: ReadonlyMap<ObjectKey, Stamp>,
  shiftsBefore: AppliedRecord["shifts"],
): HandedOver {
  const results = new Map(plan.results);
  const shifts = new Map(plan.shifts);
  for (const { key } of plan.due) {
    const before = applied.get(key);
    if (before === undefined) results.delete(key);
    else results.set(key, before);
    const shift = before === undefined ? undefined : shiftsBefore?.get(key);
    if (shift === undefined) shifts.delete(key);
    else shifts.set(key, shift);
  }
  return { results, shifts };
}

interface HandedOver {
  readonly results: Map<ObjectKey, Stamp>;
  readonly shifts: Map<ObjectKey, number>;
}

/** One site's results on their way. */
class Delivery {
  readonly counts: Icinga2Counts;
  readonly #world: Icinga2ResultsWorld;
  readonly #site: SiteId;
  readonly #handedOver: HandedOver;
  readonly #secondsAhead: number;
  readonly #source: string;
  /** Sent, or about to be, and not answered. */
  #open: Set<ObjectKey> = new Set();
  #sinceMs = 0;
  #core: CoreObjects | null = null;

  constructor(
    world: Icinga2ResultsWorld,
    site: SiteId,
    counts: ResultCounts,
    handedOver: HandedOver,
    secondsAhead: number,
    source: string,
  ) {
    this.#world = world;
    this.#site = site;
    this.#handedOver = handedOver;
    this.#secondsAhead = secondsAhead;
    this.#source = source;
    this.counts = { ...counts, newerAtCore: 0, refusedByCore: 0 };
  }

  record(): AppliedRecord {
    const pending = new Map<string, PendingFile>();
    if (this.#open.size > 0) {
      pending.set(underWay, { sinceMs: this.#sinceMs, keys: [...this.#open] });
    }
    return { ...this.#handedOver, pending };
  }

  /** `unsure`: objects of which a result may have come through in a pass that was cut. */
  async deliver(due: readonly DueResult[], unsure: ReadonlySet<ObjectKey>): Promise<void> {
    if (unsure.size > 0) this.#core = await this.#world.coreObjects();
    const rest = due.filter((result) => !this.#isThere(result, unsure));
    this.#world.progress?.begin(`Check results of ${this.#site}`, rest.length);
    for (let at = 0; at < rest.length; at += stepMax) {
      const step = rest.slice(at, at + stepMax).filter((result) => this.#mayGo(result));
      this.#open = new Set(step.map(({ key }) => key));
      this.#sinceMs = this.#world.clock.now();
      await this.#world.store.save(this.#site, this.record());
      await this.#send(step);
    }
  }

  #isThere(result: DueResult, unsure: ReadonlySet<ObjectKey>): boolean {
    const { key, service, row } = result;
    const object = unsure.has(key) ? this.#core?.get(key) : undefined;
    if (object === undefined) return false;
    const isSame = object.state === stateAtCore(service, row.state);
    const time = row.last_check - this.#shiftOf(result);
    if (!isSame || object.checkedUntil < time) return false;
    this.#settle(result);
    this.counts.unchanged++;
    return true;
  }

  /** Once the core's objects are known, nobody asks about those that aren't there. */
  #mayGo({ key }: DueResult): boolean {
    if (this.#core === null || this.#core.has(key)) return true;
    this.counts.waitingForConfiguration++;
    return false;
  }

  async #send(step: readonly DueResult[], isSecondTime = false): Promise<void> {
    const { connections } = this.#world;
    const missing: DueResult[] = [];
    const failures: unknown[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < step.length && failures.length === 0 && missing.length < connections) {
        const result = step[next++]!;
        try {
          if ((await this.#sendOne(result)) === "missing") missing.push(result);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
    const rest = step.slice(next);
    // What wasn't begun isn't open.
    if (failures.length > 0) for (const { key } of rest) this.#open.delete(key);
    if (failures.length > 0) throw failures[0];
    if (missing.length === 0) return;
    // What isn't there is asked once, not result by result.
    this.#core ??= await this.#world.coreObjects();
    if (isSecondTime) this.#tellMissing(missing[0]!);
    const remaining = [...missing, ...rest].filter((result) => this.#mayGo(result));
    this.#open = new Set(remaining.map(({ key }) => key));
    if (remaining.length > 0) await this.#send(remaining, true);
  }

  /** The core says 404 also to a user that has no permission for the action, or not for the object. */
  #tellMissing({ key }: DueResult): never {
    throw new FerryError(
      "core-refused",
      `${this.#world.api.where} has ${JSON.stringify(key)} and says that it hasn't: ` +
        "has the API user the permission actions/process-check-result?",
    );
  }

  async #sendOne(result: DueResult): Promise<Delivered> {
    const { key, host, service, row } = result;
    const last_check = row.last_check - this.#shiftOf(result);
    const parameters = checkResultParameters(this.#source, host, service, { ...row, last_check });
    const outcome = await this.#world.api.deliver(parameters);
    this.#open.delete(key);
    this.#world.progress?.add(1);
    if (outcome === "taken" || outcome === "newer") this.#settle(result);
    if (outcome === "taken") this.counts.written++;
    if (outcome === "newer") this.counts.newerAtCore++;
    if (outcome === "refused") this.counts.refusedByCore++;
    return outcome;
  }

  #settle(result: DueResult): void {
    const { key, row } = result;
    const { results, shifts } = this.#handedOver;
    results.set(key, stampOf(row.last_check, row.state));
    const shift = this.#shiftOf(result);
    if (shift === 0) shifts.delete(key);
    else shifts.set(key, shift);
  }

  #shiftOf({ row, notBefore }: DueResult): number {
    return shiftOf(row.last_check, notBefore, this.#secondsAhead);
  }
}
