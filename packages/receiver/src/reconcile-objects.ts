// Reconcile, objects: from the configurations of all sites to objects that the core works with.
// Rendered when a configuration or the settings changed, checked by the core itself, made live for all
// sites at once. What is under way from an earlier run comes first.

import { type ObjectFiles, siteFile, type GenerationId } from "@siteferry/apply";
import type { SiteId } from "@siteferry/model";
import { type KnownConfiguration, knownConfigurations, tellKept } from "./configurations.ts";
import { begin, finish } from "./activation/go-live.ts";
import { inputsOf, isDueAgain, planGeneration, sitesOf } from "./activation/plan.ts";
import {
  type ActivationRecord,
  loadActivation,
  saveActivation,
  withPlan,
} from "./activation/record.ts";
import { liveFileNames, type OpenTarget, openTarget, readLive } from "./activation/target.ts";
import { tellAwaiting, tellFault, tellRejected } from "./activation/tell.ts";
import { carryOut, isApproved, type Requests } from "./activation/words.ts";
import { keepRefusedValues } from "./health/refused-values.ts";
import type { ObjectsSettings } from "./objects-settings.ts";
import type { Opening } from "./opening.ts";

export interface ObjectsReport {
  /** Files that are new, other than before, or gone, in what went live. */
  readonly objectFiles: number;
  /** Times that other objects went live. */
  readonly activations: number;
  /** Sites whose first configuration waits for an operator. */
  readonly awaitingApproval: readonly SiteId[];
  /** Sites of which the core refuses what is new. */
  readonly refusedByCore: readonly SiteId[];
  /** An operator went back: what is new waits until it is approved again. */
  readonly isHeld: boolean;
  /** What the core refuses or didn't live well with, and wasn't known before. */
  readonly failed: number;
}

export async function reconcileObjects(
  opening: Opening,
  settings: ObjectsSettings,
  requests: Requests,
): Promise<ObjectsReport> {
  const target = await openTarget(opening, settings);
  const { world, directory } = target;
  let record = await carryOut(target, await loadActivation(world, directory), requests);
  const failedBefore = record.failed?.generation;
  record = await finish(target, record);
  const report = (changes: Partial<ObjectsReport> = {}): ObjectsReport => ({
    objectFiles: 0,
    activations: 0,
    awaitingApproval: record.awaiting,
    refusedByCore: Object.keys(record.rejected) as SiteId[],
    isHeld: record.held,
    ...changes,
    failed: Number(record.failed?.generation !== failedBefore) + (changes.failed ?? 0),
  });
  if (record.pending !== null || record.held) return report();

  const { approved, awaiting } = await askApprovals(opening, target, record);
  tellAwaiting(world.log, record, awaiting);
  if (awaiting.join() !== record.awaiting.join()) {
    record = await saveActivation(world, directory, { ...record, awaiting });
  }
  const inputs = await inputsOf(target, approved, opening.settings);
  if (record.inputs === inputs && !isDueAgain(world.clock.now(), record)) return report();

  // It waits for its turn; nothing is forgotten, as the inputs still differ.
  if (isTooSoon(world.clock.now(), record, settings)) return report();

  // What earlier runs only tried, and this one's is removed by the next at the latest.
  await tidy(target, record);
  const live = await readLive(target, record);
  const planned = await planGeneration(opening, target, record, approved, live);
  if ("fault" in planned) {
    const { fault } = planned;
    const failed = tellFault(world.log, record, fault);
    const faultMs = world.clock.now();
    record = await saveActivation(world, directory, { ...record, inputs, fault, faultMs });
    return report({ failed });
  }
  const { generation, composed, rejected } = planned;
  const failed = tellRejected(world.log, record, rejected);
  record = withPlan(record, generation, rejected);
  const isLive = generation === record.live && (await target.generations.live()) === generation;
  if (isLive || generation === record.failed?.generation) {
    await keepRefusedValues(target, composed.refused);
    record = await saveActivation(world, directory, { ...record, inputs });
    await tidy(target, record);
    return report({ failed });
  }
  record = await saveActivation(world, directory, record);
  await keepRefusedValues(target, composed.refused);
  // Now, so that the texts needn't be held while the core loads them.
  const objectFiles = countChanged(live, composed.files);
  const isNothing = await isNothingYet(opening, target, record, approved);
  record = await (isNothing ? leaveUnread : goLive)(target, record, generation);
  if (record.live !== generation) return report({ failed });
  const after = await inputsOf(target, approved, opening.settings);
  record = await saveActivation(world, directory, { ...record, inputs: after });
  await tidy(target, record);
  world.log.info({ generation, objectFiles }, "New objects are live");
  return report({ failed, objectFiles, activations: 1 });
}

async function askApprovals(
  opening: Opening,
  target: OpenTarget,
  record: ActivationRecord,
): Promise<{ approved: readonly KnownConfiguration[]; awaiting: readonly SiteId[] }> {
  const liveNames = await liveFileNames(target, record);
  const approved: KnownConfiguration[] = [];
  const awaiting: SiteId[] = [];
  const isLive = (site: SiteId): boolean => liveNames.includes(siteFile(site));
  for (const one of await knownConfigurations(opening, isLive)) {
    const isIn = await isApproved(opening.world.files, opening.spool, one, isLive(one.site));
    if (isIn) approved.push(one);
    else awaiting.push(one.site);
  }
  const kept = approved.filter(({ site, header }) => header === null && isLive(site));
  await tellKept(opening, target.directory, sitesOf(kept));
  return { approved, awaiting };
}

/** Also of what was only tried: a site could fill the disk with what the core refuses. */
async function tidy(
  { generations }: OpenTarget,
  { live, history, failed }: ActivationRecord,
): Promise<void> {
  const kept = [live, await generations.live(), failed?.generation ?? null, ...history];
  await generations.prune(kept.filter((id) => id !== null));
}

async function goLive(
  target: OpenTarget,
  record: ActivationRecord,
  generation: GenerationId,
): Promise<ActivationRecord> {
  return await finish(target, await begin(target, record, generation));
}

/** There to go back to; the core reads it whenever it next reads anything. */
async function leaveUnread(
  { world, directory, generations }: OpenTarget,
  record: ActivationRecord,
  generation: GenerationId,
): Promise<ActivationRecord> {
  await generations.switchTo(generation);
  return await saveActivation(world, directory, { ...record, live: generation });
}

/** A first generation without objects isn't worth a reload, nor the wait for the next one. */
async function isNothingYet(
  { settings }: Opening,
  { generations }: OpenTarget,
  { live }: ActivationRecord,
  approved: readonly KnownConfiguration[],
): Promise<boolean> {
  if (approved.length > 0 || settings.health.host !== undefined || live !== null) return false;
  return (await generations.live()) === null;
}

function isTooSoon(
  nowMs: number,
  { reloadedMs }: ActivationRecord,
  { activate }: ObjectsSettings,
): boolean {
  const passedMs = nowMs - reloadedMs;
  return activate !== undefined && passedMs >= 0 && passedMs < activate.reloadEvery;
}

function countChanged(before: ObjectFiles, after: ObjectFiles): number {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).length;
}
