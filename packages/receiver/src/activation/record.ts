// What an object target remembers of its activations. The link on the disk says what the core reads;
// this says what was meant by it, so that whoever comes after a crash knows what is left to do.

import type { GenerationId } from "@siteferry/apply";
import type { SiteId, World } from "@siteferry/model";
import { damagedIsNull, readState, replaceState, sweep } from "@siteferry/spool";

export interface ActivationRecord {
  /** A hash of all that the live generation was rendered from; "": it has to be rendered again. */
  readonly inputs: string;
  /** What the core was seen to work with, and what it worked with before, the newest first. */
  readonly live: GenerationId | null;
  readonly history: readonly GenerationId[];
  /** A generation that is on its way. */
  readonly pending: PendingActivation | null;
  /** A generation that passed the check, and the core didn't live well with. */
  readonly failed: FailedGeneration | null;
  /** Configurations that the core's own check refuses, alone of their site. */
  readonly rejected: Readonly<Record<SiteId, RejectedSite>>;
  /** Why the core refuses its configuration even without what is new; "": it doesn't. Said when. */
  readonly fault: string;
  readonly faultMs: number;
  /** Milliseconds since 1970; 0: never. */
  readonly reloadedMs: number;
  /** An operator went back to an earlier generation: nothing goes live until it is approved again. */
  readonly held: boolean;
  /** When the request for it was made, that it isn't carried out twice. */
  readonly heldMs: number;
  /** Likewise of the request to go on. */
  readonly resumedMs: number;
  /** What is live went there without the core, which didn't answer; the stamp of its cache then. */
  readonly unseen: string | null;
  /** Sites whose first configuration waits, as far as it was said. */
  readonly awaiting: readonly SiteId[];
}

interface FailedGeneration {
  readonly generation: GenerationId;
  readonly reason: string;
  /** Another one is wanted since. */
  readonly isPast?: boolean;
}

export interface PendingActivation {
  readonly generation: GenerationId;
  /** What the core reads if this one fails. */
  readonly before: GenerationId | null;
  /** When the core was told to load it; null: not yet. */
  readonly reloadedMs: number | null;
  /** Of the core's cache then: another one was written by the core with the new objects. */
  readonly cacheBefore: string;
  /** Why it is taken back; null: it isn't. */
  readonly undo: string | null;
}

export interface RejectedSite {
  /** Of the text of its file. */
  readonly hash: string;
  readonly reason: string;
  readonly atMs: number;
  /** The hash of what the site sent; its text also changes with the settings. */
  readonly configuration?: string;
  /** How many of its configurations in a row; absent in records of before: one. */
  readonly times?: number;
  /** Another one has come since, and waits. */
  readonly waits?: boolean;
}

const nothingActivated: ActivationRecord = {
  inputs: "",
  live: null,
  history: [],
  pending: null,
  failed: null,
  rejected: {},
  fault: "",
  faultMs: 0,
  reloadedMs: 0,
  held: false,
  heldMs: 0,
  resumedMs: 0,
  unseen: null,
  awaiting: [],
};

const recordName = "activation";

/** The core refuses no more than `rejected`, and this generation is wanted. */
export function withPlan(
  record: ActivationRecord,
  generation: GenerationId,
  rejected: ActivationRecord["rejected"],
): ActivationRecord {
  const failed = record.failed && {
    ...record.failed,
    isPast: generation !== record.failed.generation,
  };
  return { ...record, fault: "", rejected, failed };
}

/** Why what is wanted isn't live though the check passed it; null: it is, or something else keeps it waiting. */
export function takenBack({ failed }: Pick<ActivationRecord, "failed">): string | null {
  return failed === null || failed.isPast === true ? null : failed.reason;
}

/** A damaged record is begun anew: then all is rendered, checked and loaded once more. */
export async function loadActivation(
  { files }: Pick<World, "files">,
  directory: string,
): Promise<ActivationRecord> {
  const state = await readState(files, directory, recordName).catch(damagedIsNull);
  if (state === null) return nothingActivated;
  const record = JSON.parse(new TextDecoder().decode(state.content)) as ActivationRecord;
  return { ...nothingActivated, ...record };
}

export async function saveActivation(
  { files, random }: Pick<World, "files" | "random">,
  directory: string,
  record: ActivationRecord,
): Promise<ActivationRecord> {
  await files.makeDirectory(directory, 0o700);
  await sweep(files, directory);
  await replaceState(files, random, directory, recordName, Buffer.from(JSON.stringify(record)));
  return record;
}
