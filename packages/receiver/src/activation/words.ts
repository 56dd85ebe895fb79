// An operator's words about configurations: approve a site's first one, go back to the generation
// before, go on again. They are left as files, which need no lock, and carried out in the next run.

import { type FileSystem, FerryError, type SiteId } from "@siteferry/model";
import type { ReceiverSettings } from "../settings.ts";
import type { KnownConfiguration } from "../configurations.ts";
import { begin } from "./go-live.ts";
import { type ActivationRecord, loadActivation, saveActivation } from "./record.ts";
import { targetDirectory } from "../applied-store.ts";
import type { OpenTarget } from "./target.ts";
import { loadSiteRecord } from "../mirror.ts";

type Spool = Pick<ReceiverSettings, "spool">;
type Request = "rollback" | "resume";

/**
 * The site's configurations may go live from the next run on. False: they could before.
 * @throws FerryError `nothing-waits` if none has come: an approval is for what somebody has looked at
 */
export async function approve(files: FileSystem, { spool }: Spool, site: SiteId): Promise<boolean> {
  const record = await loadSiteRecord(files, `${spool}/receiver`, site);
  if ((record?.config ?? record?.dump?.config ?? null) === null) {
    throw new FerryError("nothing-waits", `No configuration of ${site} has come yet`);
  }
  const name = `approved-${site}`;
  const isNew = (await files.status(`${spool}/receiver/state/${name}`)) === null;
  await leave(files, `${spool}/receiver`, name);
  return isNew;
}

/**
 * `rollback`: back to the generation before, and nothing new goes live. `resume`: what is known goes
 * live again, also what failed before.
 */
export async function request(files: FileSystem, { spool }: Spool, word: Request): Promise<void> {
  await leave(files, `${spool}/receiver`, `config-${word}`);
  // The last word counts.
  await files.unlink(`${spool}/receiver/state/config-${word === "resume" ? "rollback" : "resume"}`);
}

async function leave(files: FileSystem, spool: string, name: string): Promise<void> {
  await files.makeDirectory(`${spool}/state`, 0o700);
  // Said again it is another word, which its time tells.
  await files.unlink(`${spool}/state/${name}`);
  await files.touch(`${spool}/state/${name}`, 0o600);
  await files.syncDirectory(`${spool}/state`);
}

/** When the cores whose objects the settings render may all be reloaded again; 0: now. Milliseconds since 1970. */
export async function reloadableFrom(
  files: FileSystem,
  { spool, targets }: Pick<ReceiverSettings, "spool" | "targets">,
  nowMs: number,
): Promise<number> {
  const times = [0];
  for (const target of targets) {
    if (!("objects" in target)) continue;
    const { dir, activate } = target.objects;
    const directory = targetDirectory(`${spool}/receiver`, "objects", dir);
    const { reloadedMs } = await loadActivation({ files }, directory);
    // A clock that was put back says nothing.
    if (reloadedMs <= nowMs) times.push(reloadedMs + (activate?.reloadEvery ?? 0));
  }
  const latest = Math.max(...times);
  return latest > nowMs ? latest : 0;
}

/** What was live before this setting came needs no approval. */
export async function isApproved(
  files: FileSystem,
  spool: string,
  { site, settings }: Pick<KnownConfiguration, "site" | "settings">,
  isLive: boolean,
): Promise<boolean> {
  if (settings.objects.autoApprove || isLive) return true;
  return (await files.status(`${spool}/state/approved-${site}`)) !== null;
}

/** What was asked for when a run began: a word that comes while it goes on is for the next one. */
export interface Requests {
  /** With the time when it was left, milliseconds since 1970. */
  readonly words: ReadonlyMap<Request, number>;
  /** The directories of the targets that haven't had them. */
  readonly unheard: Set<string>;
}

export async function readRequests(
  files: FileSystem,
  spool: string,
  targets: ReceiverSettings["targets"],
): Promise<Requests> {
  const words = new Map<Request, number>();
  for (const word of ["rollback", "resume"] as const) {
    const left = await files.status(`${spool}/state/config-${word}`);
    if (left !== null) words.set(word, left.modifiedMs);
  }
  const unheard = targets.flatMap((one) => ("objects" in one ? [one.objects.dir] : []));
  return { words, unheard: new Set(unheard) };
}

/** A target carries a request out once, however long it lies there; {@link dropRequests} ends it. */
export async function carryOut(
  target: OpenTarget,
  record: ActivationRecord,
  { words, unheard }: Requests,
): Promise<ActivationRecord> {
  const { dir } = target.settings;
  const carriedOut = await obey(target, record, words);
  unheard.delete(dir);
  if (carriedOut !== null) return carriedOut;
  const { world, directory } = target;
  // Once: another target may not have had it yet.
  await saveActivation(world, directory, { ...record, heldMs: words.get("rollback") ?? 0 });
  throw new FerryError("activation-failed", `There is nothing before what is live in ${dir}`);
}

/** Null: there is nothing to go back to. */
async function obey(
  target: OpenTarget,
  record: ActivationRecord,
  words: Requests["words"],
): Promise<ActivationRecord | null> {
  const { world, directory } = target;
  const resumedMs = words.get("resume");
  if (resumedMs !== undefined) {
    if (resumedMs === record.resumedMs) return record;
    const fresh = { held: false, failed: null, rejected: {}, fault: "", inputs: "", resumedMs };
    return await saveActivation(world, directory, { ...record, ...fresh });
  }
  const heldMs = words.get("rollback");
  if (heldMs === undefined || heldMs === record.heldMs) return record;
  const { pending } = record;
  if (pending !== null) {
    const undo = pending.undo ?? "the operator went back";
    const halted = { ...record, held: true, heldMs, pending: { ...pending, undo } };
    return await saveActivation(world, directory, halted);
  }
  const [earlier] = record.history;
  if (earlier === undefined || (await target.generations.read(earlier)) === null) return null;
  world.log.warn(
    { generation: earlier },
    "Going back to the objects of before, as the operator said",
  );
  return await begin(target, { ...record, held: true, heldMs }, earlier);
}

/** Once all targets have had them; and the approvals of sites that are in the settings no more. */
export async function dropRequests(
  files: FileSystem,
  spool: string,
  sites: readonly SiteId[],
  { words, unheard }: Requests,
): Promise<void> {
  for (const name of await files.list(`${spool}/state`)) {
    const [, site] = /^approved-(.+)$/.exec(name) ?? [];
    if (site !== undefined && !sites.includes(site as SiteId)) {
      await files.unlink(`${spool}/state/${name}`);
    }
  }
  if (unheard.size > 0) return;
  for (const [word, leftMs] of words) {
    const path = `${spool}/state/config-${word}`;
    if ((await files.status(path))?.modifiedMs !== leftMs) continue;
    await files.unlink(path);
    await files.syncDirectory(`${spool}/state`);
  }
}
