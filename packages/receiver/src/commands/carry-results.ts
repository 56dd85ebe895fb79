// States as commands, for cores without a directory for check results: one for each check that ran at the
// site, as the check-result target does it, but with nothing between here and the core that survives both.

import {
  type AppliedRecord,
  commandFault,
  type DueResult,
  encodeCommand,
  type ObjectKey,
  type PendingFile,
  planResults,
  resultCommand,
  stampOf,
  type Stamp,
} from "@siteferry/apply";
import { limits, type States } from "@siteferry/model";
import { appliedStore, loadProgress, saveProgress } from "../applied-store.ts";
import { dialectOf } from "../commands-settings.ts";
import { nameAtCentre } from "../ownership.ts";
import { centreKey } from "./picture.ts";
import type { SiteOutcome, SiteRun } from "./site-run.ts";

/** The names under which what is on its way stands in the record, of this run and of one before. */
const underWay = "cunsure";
const stillOpen = "cbefore";

/** From when a picture has what a run sent. */
const settleMs = limits.commandsMsMax + 5_000;

/**
 * What is sent is in the record before: with a full disk nothing is, and what a crash left open is sent again
 * only if the core shows another state, in a picture that is new enough. What a core that restarts hasn't
 * read is handed over again. The site's times stay in the record as they are.
 */
export async function carryResults(
  run: SiteRun,
  states: States,
  secondsAhead: number,
): Promise<SiteOutcome> {
  const { opening, directory, site, settings, look } = run;
  const { world } = opening;
  const store = appliedStore(world, directory);
  const { objects } = await run.objects();
  const before = await store.load(site);
  const startName = `${site}.start`;
  const hasRestarted = (await loadProgress(world, directory, startName)) !== look.programStart;
  const nowMs = world.clock.now();
  const plan = planResults(states, {
    applied: hasRestarted ? await stillThere(run, before) : before.results,
    unread: new Set(),
    nowMs: nowMs + secondsAhead * 1000,
    hostName: nameAtCentre(settings),
    isLive: (host, service) => objects.has(centreKey(host, service)),
  });
  const { rest, held } = await withoutShown(run, plan.due, before, nowMs);
  const { lines, keys, refused } = linesOf(run, rest, nowMs, secondsAhead);
  const unsent = new Set(keys);
  const save = async (pending: AppliedRecord["pending"]): Promise<void> => {
    const results = without(plan.results, [...unsent, ...held], before);
    await store.save(site, { results, pending });
  };
  const onlyHeld = new Map<string, PendingFile>();
  if (held.length > 0) onlyHeld.set(stillOpen, { sinceMs: latestOf(before), keys: held });
  if (lines.length > 0) await save(new Map([...onlyHeld, [underWay, { sinceMs: nowMs, keys }]]));
  try {
    if (lines.length > 0) await run.link.send(lines, (index) => void unsent.delete(keys[index]!));
  } finally {
    if (lines.length > 0 || before.pending.size > 0 || hasRestarted) await save(onlyHeld);
  }
  if (hasRestarted) await saveProgress(world, directory, startName, look.programStart);
  const { waitingForConfiguration, future } = plan.counts;
  const waiting = waitingForConfiguration + future + unsent.size + held.length;
  const commands = keys.length - unsent.size;
  return { commands, waiting, refused, unseen: 0, unsent: unsent.size };
}

function latestOf({ pending }: AppliedRecord): number {
  return Math.max(...Array.from(pending.values(), ({ sinceMs }) => sinceMs));
}

interface Unshown {
  readonly rest: readonly DueResult[];
  /** May have been sent, and the picture is too old to say it. */
  readonly held: readonly ObjectKey[];
}

/** Without those of which a run before doesn't know whether they went out, and that the core shows. */
async function withoutShown(
  run: SiteRun,
  due: readonly DueResult[],
  { pending }: AppliedRecord,
  nowMs: number,
): Promise<Unshown> {
  const { objects } = await run.objects();
  const sentMs = new Map<ObjectKey, number>();
  for (const { keys, sinceMs } of pending.values())
    for (const key of keys) sentMs.set(key, sinceMs);
  const rest: DueResult[] = [];
  const held: ObjectKey[] = [];
  for (const result of due) {
    const sinceMs = sentMs.get(result.key);
    const object = sinceMs === undefined ? undefined : objects.get(result.key);
    if (object?.hasBeenChecked === 1 && object.state === result.row.state) continue;
    const isOpen = sinceMs !== undefined && sinceMs <= nowMs;
    if (isOpen && run.look.madeAtMs < sinceMs + settleMs) held.push(result.key);
    else rest.push(result);
  }
  return { rest, held };
}

interface Lines {
  readonly lines: readonly string[];
  /** Of the object of each line. */
  readonly keys: readonly ObjectKey[];
  readonly refused: number;
}

function linesOf(
  { target }: SiteRun,
  due: readonly DueResult[],
  nowMs: number,
  secondsAhead: number,
): Lines {
  const dialect = dialectOf(target);
  const lines: string[] = [];
  const keys: ObjectKey[] = [];
  let refused = 0;
  for (const { key, host, service, row } of due) {
    const command = resultCommand({ host, service }, row, secondsAhead);
    if (commandFault(command, dialect) !== null) {
      refused += 1;
      continue;
    }
    lines.push(encodeCommand(command, dialect, nowMs));
    keys.push(key);
  }
  return { lines, keys, refused };
}

/** Those that the core shows as they were handed over. */
async function stillThere(
  run: SiteRun,
  { results }: AppliedRecord,
): Promise<ReadonlyMap<ObjectKey, Stamp>> {
  const { objects } = await run.objects();
  const kept = [...results].filter(([key, stamp]) => {
    const object = objects.get(key);
    return object?.hasBeenChecked === 1 && stamp === stampOf(Math.floor(stamp / 8), object.state);
  });
  return new Map(kept);
}

function without(
  results: ReadonlyMap<ObjectKey, Stamp>,
  unsent: readonly ObjectKey[],
  before: AppliedRecord,
): ReadonlyMap<ObjectKey, Stamp> {
  const kept = new Map(results);
  for (const key of unsent) {
    const stamp = before.results.get(key);
    if (stamp === undefined) kept.delete(key);
    else kept.set(key, stamp);
  }
  return kept;
}
