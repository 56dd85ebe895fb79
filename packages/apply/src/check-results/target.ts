// The reconciling target over the check-result directory of a Nagios or Naemon core: every pass
// brings the core from what it was handed last to what the site says now. A crash at any point
// neither loses nor doubles a result; a slow core coalesces by itself.

import {
  FerryError,
  type HostName,
  type Log,
  limits,
  printable,
  type ServiceDescription,
  type SiteId,
  type States,
  systemCode,
  type World,
} from "@siteferry/model";
import type { AppliedRecord, AppliedStore, ObjectKey, PendingFile, Reached } from "./applied.ts";
import { type AttemptsMax, type Earlier, planEarlier } from "./earlier.ts";
import { type CheckResultCore, checkResultOf, formatCheckResult } from "./format.ts";
import {
  type DueResult,
  type Plan,
  planResults,
  type ResultCounts,
  shiftOf,
  tellOlder,
} from "./plan.ts";
import { recover, release, type ResultDirectory } from "./recover.ts";
import { freshLiveName, headerLine, stagedName } from "./spool-files.ts";

export interface CheckResultsOptions {
  /** The core's check_result_path. */
  readonly directory: string;
  readonly core: CheckResultCore;
  /** Of the files; the core's user must be able to read them. */
  readonly mode: number;
  /** Null: files keep the group that the directory gives them. */
  readonly groupId: number | null;
}

export interface CheckResultsWorld extends World {
  readonly store: AppliedStore;
}

/** What one site has to say, and how the centre sees it. */
export interface SiteStates {
  readonly site: SiteId;
  readonly states: States;
  /** What a host of the site is called at the centre. */
  readonly hostName: (host: HostName) => HostName;
  /** Whether the core knows the object (its name at the centre); what it doesn't know it loses. */
  readonly isLive: (host: HostName, service: ServiceDescription | null) => boolean;
  /** What isn't live is really gone from the core, and is forgotten. */
  readonly isWhole?: boolean;
  /**
   * The core's max_check_attempts, asked for when there is something to hand over; absent if they are 1 for
   * all objects of the site.
   */
  readonly attemptsMax?: (() => Promise<AttemptsMax>) | undefined;
  /** By so much its clock is ahead of ours, which is taken off the times of results; negative: behind. */
  readonly secondsAhead?: number;
}

export interface CheckResultsTarget {
  /**
   * Hands the core what is new. One call at a time per directory.
   * @throws FerryError `system-error` if the directory can't be worked in; the next call goes on.
   */
  apply(site: SiteStates): Promise<ResultCounts>;
}

/** Files that are written at once; more gain nothing, the disk's sync is the limit. */
const writersAtOnce = 4;
/** Characters of a file: hostile outputs make a file of fewer results, not a larger one. */
const fileCharactersMax = 2 * 1024 * 1024;

export function checkResultsTarget(
  world: CheckResultsWorld,
  options: CheckResultsOptions,
): CheckResultsTarget {
  return {
    async apply(site) {
      try {
        return await applyStates(world, options, site);
      } catch (error) {
        if (error instanceof FerryError || systemCode(error) === undefined) throw error;
        const message = `Check results in ${printable(options.directory)}: ${(error as Error).message}`;
        throw new FerryError("system-error", message, { cause: error });
      }
    },
  };
}

async function applyStates(
  { files, clock, random, log, store, progress }: CheckResultsWorld,
  { directory: path, core, mode, groupId }: CheckResultsOptions,
  { site, states, attemptsMax, secondsAhead = 0, ...centre }: SiteStates,
): Promise<ResultCounts> {
  const directory: ResultDirectory = { files, path, mode };
  const nowMs = clock.now();
  const record = await recover(directory, site, await store.load(site), nowMs);
  const { results, shifts, behind, pending, names } = record;
  const plan = planResults(states, {
    applied: results,
    shifts,
    behind,
    unread: objectsIn(pending),
    nowMs,
    secondsAhead,
    ...centre,
  });
  const seen = { ...plan.counts, withdrawn: record.withdrawn, unreadSinceMs: oldestOf(pending) };
  if (plan.due.length === 0) {
    tellTheUnusual(log, site, seen);
    if (record.changed || plan.results.size < results.size) {
      // A file that a power cut brings back must still be in the record: with a newer one beside it
      // the core could end with the older result.
      await files.syncDirectory(path);
      await store.save(site, { pending, ...handedOverAfter(record, plan, new Map()) });
    }
    return seen;
  }

  const earlier = planEarlier(plan.due, states.events ?? [], {
    record,
    hostName: centre.hostName,
    attemptsMax: (await attemptsMax?.()) ?? null,
    planned: plan.results,
  });
  const { count, passedOver } = earlier;
  const counts: ResultCounts = { ...seen, earlier: count, passedOver };
  tellTheUnusual(log, site, counts);
  const header = headerLine(site, nowMs);
  const batches = batchesOf(plan.due, earlier.results, header, { core, secondsAhead });
  const staged = new Map<string, PendingFile>();
  progress?.begin(`Check results of ${site}`, plan.due.length);
  const stage = async (): Promise<void> => {
    for (const { text, keys } of batches) {
      const name = freshLiveName(random, names);
      const file = `${path}/${stagedName(site, name)}`;
      await files.writeNew(file, Buffer.from(text), mode);
      if (groupId !== null) await files.setOwner(file, groupId);
      staged.set(name, { sinceMs: nowMs, keys, ...partOf(earlier.before, keys) });
      progress?.add(keys.length);
    }
  };
  await allSettled(Array.from({ length: writersAtOnce }, stage));
  await files.syncDirectory(path);

  // From here on the results count as handed over: a crash before the release is rolled forward.
  // The next pass that finds a file gone takes it from the record.
  await store.save(site, {
    pending: new Map([...pending, ...staged]),
    ...handedOverAfter(record, plan, earlier.attempts),
  });
  await release(directory, site, [...staged.keys()]);
  return { ...counts, written: plan.due.length + count, files: staged.size };
}

function oldestOf(pending: AppliedRecord["pending"]): number | null {
  const times = [...pending.values()].map(({ sinceMs }) => sinceMs);
  return times.length === 0 ? null : Math.min(...times);
}

function objectsIn(pending: AppliedRecord["pending"]): Set<ObjectKey> {
  const objects = new Set<ObjectKey>();
  for (const { keys } of pending.values()) for (const key of keys) objects.add(key);
  return objects;
}

interface Batch {
  readonly text: string;
  readonly keys: readonly ObjectKey[];
}

/**
 * Formats file by file, on demand, so that memory holds only the files that are being written. The core
 * reads files in no order, but each from its beginning: all results of an object stand in one.
 */
function* batchesOf(
  due: readonly DueResult[],
  earlier: Earlier["results"],
  header: string,
  { core, secondsAhead }: { readonly core: CheckResultCore; readonly secondsAhead: number },
): Generator<Batch, void, undefined> {
  let text = header;
  let keys: ObjectKey[] = [];
  let count = 0;
  for (const { key, host, service, row, notBefore } of due) {
    const rows = earlier.get(key) ?? [];
    let own = "";
    for (const one of [...rows, row]) {
      const shift = shiftOf(one.last_check, notBefore, secondsAhead);
      own += formatCheckResult(checkResultOf(host, service, one, shift), core);
    }
    const isFull =
      count + rows.length + 1 > limits.resultsPerFileMax ||
      text.length + own.length > fileCharactersMax;
    if (isFull && keys.length > 0) {
      yield { text, keys };
      text = header;
      keys = [];
      count = 0;
    }
    text += own;
    keys.push(key);
    count += rows.length + 1;
  }
  if (keys.length > 0) yield { text, keys };
}

function partOf(
  before: Earlier["before"],
  keys: readonly ObjectKey[],
): Pick<PendingFile, "before"> | undefined {
  if (before.size === 0) return undefined;
  const part = new Map<ObjectKey, Reached>();
  for (const key of keys) {
    const reached = before.get(key);
    if (reached !== undefined) part.set(key, reached);
  }
  return part.size === 0 ? undefined : { before: part };
}

/** What the record says of objects that get nothing now stays. */
function handedOverAfter(
  { attempts = new Map(), behind = new Map() }: AppliedRecord,
  { due, results, shifts }: Plan,
  reached: Earlier["attempts"],
): Omit<AppliedRecord, "pending"> {
  if (attempts.size + behind.size === 0) return { results, shifts, attempts: reached };
  const handed = new Set(due.map(({ key }) => key));
  const stays = ([key]: readonly [ObjectKey, unknown]): boolean =>
    !handed.has(key) && results.has(key);
  return {
    results,
    shifts,
    attempts: new Map([...[...attempts].filter(stays), ...reached]),
    behind: new Map([...behind].filter(stays)),
  };
}

/** Waits for all of them, also if one fails: nothing may still be writing when a pass is over. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

function tellTheUnusual(log: Log, site: SiteId, counts: ResultCounts): void {
  const { older, future, unusable, passedOver, withdrawn } = counts;
  if (older > 0) tellOlder(log, site, older);
  if (future > 0) {
    log.warn({ site, future }, "Results from the future are held back: compare the site's clock");
  }
  if (unusable > 0) {
    log.warn({ site, unusable }, "Results are left out: an unknown state, or an object twice");
  }
  if (passedOver > 0) {
    log.warn(
      { site, passedOver },
      "So many results of the past were due that not all of them are handed over",
    );
  }
  if (withdrawn > 0) {
    log.warn({ site, files: withdrawn }, "The core hasn't read its check results for 30 minutes");
  }
}
