// States as commands, for cores without a directory for check results: one for each check that ran at the
// site, as the check-result target does it, but with nothing between here and the core that survives both.

import {
  type AppliedRecord,
  commandFault,
  encodeCommand,
  type ObjectKey,
  planResults,
  resultCommand,
  stampOf,
  type Stamp,
} from "@siteferry/apply";
import type { States } from "@siteferry/model";
import { appliedStore, loadProgress, saveProgress } from "../applied-store.ts";
import { dialectOf } from "../commands-settings.ts";
import { nameAtCentre } from "../ownership.ts";
import { centreKey } from "./picture.ts";
import type { SiteOutcome, SiteRun } from "./site-run.ts";

/**
 * A crash between the sending and its record sends the same results once more, which a core takes for one
 * more check each. What a core that restarts hasn't read is handed over again.
 */
export async function carryResults(run: SiteRun, states: States): Promise<SiteOutcome> {
  const { opening, target, directory, site, settings, look } = run;
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
    nowMs,
    hostName: nameAtCentre(settings),
    isLive: (host, service) => objects.has(centreKey(host, service)),
  });
  const dialect = dialectOf(target);
  const lines: string[] = [];
  const keys: ObjectKey[] = [];
  let refused = 0;
  for (const { key, host, service, row } of plan.due) {
    const command = resultCommand({ host, service }, row);
    if (commandFault(command, dialect) !== null) {
      refused += 1;
      continue;
    }
    lines.push(encodeCommand(command, dialect, nowMs));
    keys.push(key);
  }
  const unsent = new Set(keys);
  try {
    if (lines.length > 0) await run.link.send(lines, (index) => void unsent.delete(keys[index]!));
  } finally {
    if (unsent.size < keys.length || hasRestarted) {
      await store.save(site, {
        ...before,
        results: without(plan.results, unsent, before),
      });
    }
  }
  if (hasRestarted) await saveProgress(world, directory, startName, look.programStart);
  const { waitingForConfiguration, future } = plan.counts;
  const waiting = waitingForConfiguration + future + unsent.size;
  const commands = keys.length - unsent.size;
  return { commands, waiting, refused, unseen: 0, unsent: unsent.size };
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
  unsent: ReadonlySet<ObjectKey>,
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
