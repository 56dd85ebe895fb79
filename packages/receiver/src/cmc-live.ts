// From configuration files to live configuration: they are replaced, a command loads them, and if it
// fails the ones before come back. Level triggered: the record says only which content was proven to
// load, so that a crash anywhere repeats a step and nothing is taken for live that isn't.

import { createHash } from "node:crypto";
import type { MkDirectory, MkFiles } from "@siteferry/apply";
import { errorFields, explain, type World } from "@siteferry/model";
import { loadProgress, saveProgress } from "./applied-store.ts";

/** Durable. Digests are those of all files together. */
interface LiveRecord {
  /** What the command loaded last without a failure; "" if nobody knows. */
  readonly proven: string;
  /** When the command ran last; milliseconds since 1970. */
  readonly reloadedAtMs: number;
  /** What it failed at. */
  readonly failed: FailedTry | null;
}

interface FailedTry {
  readonly digest: string;
  readonly atMs: number;
  /** The files before are back. */
  readonly restored: boolean;
}

export interface LiveGround {
  readonly world: World;
  /** Of the target, in the receiver's spool. */
  readonly state: string;
  /** What the core reads. */
  readonly live: MkDirectory;
  /** What it loaded last, to go back to. */
  readonly copies: MkDirectory;
  readonly reloadEveryMs: number;
  reload(): Promise<void>;
}

export interface LiveOutcome {
  /** Files that were replaced, came or went. */
  readonly files: number;
  /** Whether the wanted configuration is live; else a later run tries again. */
  readonly isLive: boolean;
  /** The command failed just now, and was logged. */
  readonly failed: boolean;
}

/** The same content isn't tried again before: nobody wants the alarm each minute. */
const retryMs = 15 * 60_000;
const recordName = "live";

export async function bringLive(ground: LiveGround, wanted: MkFiles): Promise<LiveOutcome> {
  const { world, live, copies, reloadEveryMs } = ground;
  const nowMs = world.clock.now();
  const digest = digestOf(wanted);
  const record = await loadRecord(ground);
  const there = await live.read();
  const waits: LiveOutcome = { files: 0, isLive: false, failed: false };
  if (record.proven === digest && digestOf(there) === digest) {
    // A crash may have come between the proof and this.
    await copies.hold(wanted);
    return { files: 0, isLive: true, failed: false };
  }
  const { failed } = record;
  if (failed?.digest === digest && isWithin(failed.atMs, nowMs, retryMs)) {
    if (!failed.restored) await restore(ground, { ...record, failed });
    return waits;
  }
  if (isWithin(record.reloadedAtMs, nowMs, reloadEveryMs)) return waits;

  // Only what is known to load is worth going back to.
  if (record.proven === digestOf(there)) await copies.hold(there);
  const begun = { ...record, reloadedAtMs: nowMs };
  await saveRecord(ground, begun);
  const files = await live.hold(wanted);
  try {
    await ground.reload();
  } catch (error) {
    const fields = errorFields(explain(error, "Loading the configuration"));
    world.log.error(
      fields,
      "The core doesn't load the new configuration; the one before comes back",
    );
    const failure = { digest, atMs: nowMs, restored: false };
    await saveRecord(ground, { ...begun, proven: "", failed: failure });
    await restore(ground, { ...begun, failed: failure });
    return { files, isLive: false, failed: true };
  }
  await saveRecord(ground, { ...begun, proven: digest, failed: null });
  await copies.hold(wanted);
  return { files, isLive: true, failed: false };
}

/** Once: if the command fails at what it loaded before, trying each minute wouldn't help. */
async function restore(
  ground: LiveGround,
  record: LiveRecord & { readonly failed: FailedTry },
): Promise<void> {
  const before = await ground.copies.read();
  await ground.live.hold(before);
  let proven = digestOf(before);
  try {
    await ground.reload();
  } catch (error) {
    proven = "";
    const fields = errorFields(explain(error, "Loading the configuration before"));
    ground.world.log.error(fields, "The core doesn't load the configuration before either");
  }
  const failed = { ...record.failed, restored: true };
  await saveRecord(ground, { ...record, proven, failed });
}

/** What the core has loaded; "" if nobody knows. */
export async function provenDigest(ground: Pick<LiveGround, "world" | "state">): Promise<string> {
  return (await loadRecord(ground)).proven;
}

async function loadRecord({
  world,
  state,
}: Pick<LiveGround, "world" | "state">): Promise<LiveRecord> {
  const text = await loadProgress(world, state, recordName);
  if (text !== "") return JSON.parse(text) as LiveRecord;
  return { proven: digestOf(new Map()), reloadedAtMs: 0, failed: null };
}

async function saveRecord({ world, state }: LiveGround, record: LiveRecord): Promise<void> {
  await saveProgress(world, state, recordName, JSON.stringify(record));
}

/** A clock that went back says nothing. */
function isWithin(sinceMs: number, nowMs: number, spanMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < spanMs;
}

function digestOf(files: MkFiles): string {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}
