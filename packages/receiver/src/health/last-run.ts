// How the receiver itself is: what its last run failed at, and what a core doesn't read. That is no site's, so it is
// noted beside the sites, for whoever looks between the runs. Written only when it changes: a run that is well costs
// reading it.

import { counted, durationOf } from "@siteferry/agent";
import {
  errorFields,
  explain,
  type FerryError,
  limits,
  type Log,
  printable,
  refusalTable,
  type World,
} from "@siteferry/model";
import { loadProgress, saveProgress } from "../applied-store.ts";
import type { ReceiveReport } from "../receive.ts";
import { timeOf } from "./judge.ts";

export interface LastRun {
  /** Since when each run has failed at something, milliseconds since 1970; 0: the last one didn't. */
  readonly failingMs: number;
  readonly failed: number;
  /** The first of what it failed at: code and words. */
  readonly complaints: readonly string[];
  /** Since when a core hasn't read results, if that is for long; 0: it does. */
  readonly unreadMs: number;
  /** When they were written anew for it last. */
  readonly rewrittenMs: number;
  /** Objects of the sites that a core hasn't loaded. It may be meant so, and is no trouble. */
  readonly notLoaded: number;
}

export const wellRun: LastRun = {
  failingMs: 0,
  failed: 0,
  complaints: [],
  unreadMs: 0,
  rewrittenMs: 0,
  notLoaded: 0,
};

/** What of a run's report is noted. */
type Counts = Pick<ReceiveReport, "failed" | "waitingForConfiguration">;

const noteName = "last-run";
const complaintsMax = 3;
/** A core that reloads thousands of objects reads nothing meanwhile. */
const unreadMsMax = 5 * 60_000;

interface Seen {
  readonly complaints: string[];
  /** Since when the oldest file lies in a core's directory; infinite: none does. */
  unreadMs: number;
  isRewritten: boolean;
}

function nothingSeen(): Seen {
  return { complaints: [], unreadMs: Number.POSITIVE_INFINITY, isRewritten: false };
}

/** What is seen of a run while it goes on, and after it of a transport that outlives it: the next one tells that. */
export class RunNotes {
  #seen = nothingSeen();

  /** Passes everything on, and keeps what the system failed at. What is refused is a site's. */
  listening(log: Log): Log {
    return {
      debug: (fields, message) => log.debug(fields, message),
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
      error: (fields, message) => {
        log.error(fields, message);
        const { code, reason } = fields as { readonly code?: unknown; readonly reason?: unknown };
        if (typeof code !== "string" || Object.hasOwn(refusalTable, code)) return;
        this.complain(`${code}: ${message}: ${String(reason)}`);
      },
    };
  }

  complain(words: string): void {
    const { complaints } = this.#seen;
    if (complaints.length < complaintsMax) complaints.push(printable(words, 300));
  }

  addUnread(sinceMs: number | null, withdrawn: number): void {
    if (sinceMs !== null) this.#seen.unreadMs = Math.min(this.#seen.unreadMs, sinceMs);
    if (withdrawn > 0) this.#seen.isRewritten = true;
  }

  /** The same run looks at the cores once more: how they were before says nothing any more. */
  lookAgain(): void {
    this.#seen = { ...nothingSeen(), complaints: this.#seen.complaints };
  }

  /** How it was; what is seen from now on is of the next run. */
  end(before: LastRun, report: Counts, nowMs: number): LastRun {
    const { failed, waitingForConfiguration } = report;
    const { complaints, unreadMs, isRewritten } = this.#seen;
    this.#seen = nothingSeen();
    const isLong = isRewritten || nowMs - unreadMs > unreadMsMax;
    // What was written anew, and lies there since, isn't read either.
    const isStill = before.unreadMs > 0 && (isLong || unreadMs <= before.rewrittenMs);
    const rewrittenMs = isRewritten ? nowMs : before.rewrittenMs;
    return {
      failingMs: failed === 0 ? 0 : before.failingMs || nowMs,
      failed,
      complaints: failed === 0 ? [] : complaints,
      unreadMs: isStill ? before.unreadMs : isLong ? Math.min(unreadMs, nowMs) : 0,
      rewrittenMs: isStill || isLong ? rewrittenMs : 0,
      notLoaded: waitingForConfiguration,
    };
  }
}

export async function loadLastRun(world: Pick<World, "files">, spool: string): Promise<LastRun> {
  const text = await loadProgress(world, `${spool}/state`, noteName);
  return text === "" ? wellRun : { ...wellRun, ...(JSON.parse(text) as Partial<LastRun>) };
}

export async function noteRun(
  world: World,
  spool: string,
  notes: RunNotes,
  report: Counts,
): Promise<void> {
  const nowMs = world.clock.now();
  await note(world, spool, (before) => notes.end(before, report, nowMs));
}

/** Of a run that ended before it reached any target: of the cores it says nothing. */
export async function noteFailure(world: World, spool: string, failure: FerryError): Promise<void> {
  const complaints = [printable(`${failure.code}: ${failure.message}`, 300)];
  const nowMs = world.clock.now();
  await note(world, spool, (before) => ({
    ...before,
    failingMs: before.failingMs || nowMs,
    failed: 1,
    complaints,
  }));
}

/** Not knowing how the run was is no reason to let it fail. */
async function note(
  world: World,
  spool: string,
  change: (before: LastRun) => LastRun,
): Promise<void> {
  try {
    const before = await loadLastRun(world, spool);
    const text = JSON.stringify(change(before));
    if (text === JSON.stringify(before)) return;
    await saveProgress(world, `${spool}/state`, noteName, text);
  } catch (error) {
    const failure = explain(error, "Noting how the run was");
    world.log.error(errorFields(failure), "siteferry status doesn't know of this run");
  }
}

/** What is wrong with the receiver itself, a sentence each. */
export function receiverTroubles(last: LastRun, freeSpace: number, nowMs: number): string[] {
  const { failingMs, failed, complaints, unreadMs } = last;
  const isDiskSaid = complaints.some((one) => one.startsWith("disk-nearly-full"));
  const since = failingMs === 0 ? "" : `, as in all since ${timeOf(failingMs)}`;
  return [
    ...(freeSpace < limits.freeSpaceMin && !isDiskSaid
      ? [`disk-nearly-full: nothing is taken in, ${(100 * freeSpace).toFixed(1)} % are free`]
      : []),
    ...(failed > 0
      ? [
          `${counted(failed, "failure")} in its last run${since}: ${complaints.join("; ") || "its log says which"}`,
        ]
      : []),
    ...(unreadMs > 0
      ? [
          `the core hasn't read check results for ${durationOf(Math.max(0, nowMs - unreadMs) / 1000)}: does it run, and may it read and remove them?`,
        ]
      : []),
  ];
}

/** What waits at the receiver for something that is no fault, a sentence each. */
export function receiverWaits({ notLoaded }: LastRun): string[] {
  if (notLoaded === 0) return [];
  return [
    `${counted(notLoaded, "object")} of the sites that the core hasn't loaded, so it shows no states of them: siteferry config diff says what waits, if siteferry writes its objects`,
  ];
}
