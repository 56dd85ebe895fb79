// Which generation should be live now: rendered from all configurations that may be, without those that
// the core's own check refuses.

import { createHash } from "node:crypto";
import { type GenerationId, type ObjectFiles, siteFile } from "@siteferry/apply";
import { FerryError, printable, type SiteId } from "@siteferry/model";
import { siteServicesAt } from "../health/service-name.ts";
import type { Opening } from "../opening.ts";
import { checkCandidate } from "./check-candidate.ts";
import { choose, type Choosing } from "./choose.ts";
import { compose, type Composed, readCentreObjects } from "./compose.ts";
import type { ReceiverSettings } from "../settings.ts";
import type { KnownConfiguration } from "../configurations.ts";
import type { ActivationRecord, RejectedSite } from "./record.ts";
import { cacheStamp, liveFileNames, type OpenTarget } from "./target.ts";

export interface PlannedGeneration {
  readonly composed: Composed;
  readonly generation: GenerationId;
  readonly rejected: ActivationRecord["rejected"];
}

/** What was refused is tried again: the fault may have been in the centre's own files. */
const tryAgainMs = 15 * 60_000;
/**
 * Another configuration of a site whose last one was refused, doubled with each: to find it among the
 * others takes many checks, and meanwhile nothing else of any site goes on.
 */
const pauseMs = 60_000;

/** @returns the core's words if it refuses even what is live now. */
export async function planGeneration(
  opening: Opening,
  target: OpenTarget,
  record: ActivationRecord,
  approved: readonly KnownConfiguration[],
  live: ObjectFiles,
): Promise<PlannedGeneration | { readonly fault: string }> {
  const { generations, world } = target;
  const composeWith = await openComposing(opening, target, record, approved, live);
  const all = await composeWith(sitesOf(approved), []);
  await assertKept(target, record, all.kept, live);
  const textOf = (site: SiteId): string => all.files.get(siteFile(site)) ?? "";
  const nowMs = world.clock.now();
  const sentBy = new Map(approved.map(({ site, header }) => [site, header?.configurationHash]));
  const isSame = (site: SiteId): boolean => record.rejected[site]?.hash === hashOf(textOf(site));
  const isRejected = (site: SiteId): boolean => {
    const before = record.rejected[site];
    if (before === undefined) return false;
    if (isSame(site)) return !isOld(before, nowMs);
    // An operator who mends something for it waits for nothing.
    return before.configuration !== sentBy.get(site) && !isOld(before, nowMs, pauseOf(before));
  };
  const changed = all.sites.filter((site) => textOf(site) !== live.get(siteFile(site)));
  const stays = changed.filter(isRejected);
  const tried = changed.filter((site) => !isRejected(site));
  const choosing: Choosing = {
    changed: tried,
    unchanged: all.sites.filter((site) => !changed.includes(site)),
    compose: async (accepted, kept) =>
      accepted.length === all.sites.length
        ? all
        : await composeWith(accepted, [...all.kept, ...stays, ...kept]),
    write: ({ files }) => generations.write(files),
    // With what is live the centre's own fault is told apart from that of a site.
    check: async (generation, withinMs) =>
      generation === record.live && tried.length === 0
        ? null
        : await checkCandidate(target, generation, withinMs),
    nowMs: () => world.clock.now(),
  };
  const chosen = await choose(choosing).catch(notStarted);
  if ("fault" in chosen) return chosen;
  await assertKept(target, record, chosen.composed.kept, live);
  const rejected: Record<SiteId, RejectedSite> = Object.fromEntries(
    stays.map((site) => [site, { ...record.rejected[site]!, waits: !isSame(site) }]),
  );
  for (const [site, reason] of chosen.refused) {
    const before = record.rejected[site];
    const configuration = sentBy.get(site) ?? "";
    const isNew = before !== undefined && before.configuration !== configuration;
    const times = (before === undefined ? 1 : timesOf(before)) + Number(isNew);
    const hash = hashOf(textOf(site));
    rejected[site] = { reason, atMs: world.clock.now(), hash, configuration, times };
  }
  return { ...chosen, rejected };
}

/** @throws FerryError `spool-damaged` if what stays of a site can't be read: without it, it would go. */
async function assertKept(
  target: OpenTarget,
  record: ActivationRecord,
  kept: readonly SiteId[],
  live: ObjectFiles,
): Promise<void> {
  const names = await liveFileNames(target, record);
  const isLost = (name: string): boolean => names.includes(name) && !live.has(name);
  const lost = kept.filter((site) => isLost(siteFile(site)));
  if (lost.length === 0) return;
  const place = printable(`${target.settings.dir}/live`);
  const message = `Somebody changed files in ${place}, and those of ${lost.join(", ")}, which stay as they were, have no host`;
  throw new FerryError("spool-damaged", message);
}

/** A check that can't be started says nothing about any site. */
function notStarted(error: unknown): { readonly fault: string } {
  if (error instanceof FerryError && error.code === "command-failed")
    return { fault: error.message };
  throw error;
}

export function sitesOf(configurations: readonly KnownConfiguration[]): readonly SiteId[] {
  return configurations.map(({ site }) => site);
}

/** New files of the accepted sites, in the order of the settings; of those in `kept` what is live. */
type ComposeWith = (accepted: readonly SiteId[], kept: readonly SiteId[]) => Promise<Composed>;

export async function openComposing(
  opening: Opening,
  target: OpenTarget,
  record: ActivationRecord,
  configurations: readonly KnownConfiguration[],
  live: ObjectFiles,
): Promise<ComposeWith> {
  const centre = await readCentreObjects(target, record);
  const isHere = ({ header }: KnownConfiguration): boolean => header !== null;
  const unknown = sitesOf(configurations.filter((one) => !isHere(one)));
  return async (accepted, more) => {
    const chosen = configurations.filter((one) => isHere(one) && accepted.includes(one.site));
    const kept = [...new Set([...unknown, ...more])];
    return await compose(opening, target, { centre, chosen, kept, live });
  };
}

/** A hash of all that matters; also of what somebody else did to the files. */
export async function inputsOf(
  { world, settings, generations, ...target }: OpenTarget,
  approved: readonly KnownConfiguration[],
  { health, sites }: Pick<ReceiverSettings, "health" | "sites">,
): Promise<string> {
  const live = await generations.live();
  const directories = [settings.dir, ...(live === null ? [] : [generations.pathOf(live)])];
  const outlines = directories.map(async (path) => {
    const names = (await world.files.list(path).catch(() => [])).sort(byText);
    return await Promise.all(
      names.map(async (name) => {
        const status = await world.files.status(`${path}/${name}`);
        return [name, status?.kind === "file" ? status.sizeBytes : null];
      }),
    );
  });
  const stamp = await cacheStamp({ world, settings, generations, ...target });
  const core = [stamp, target.main?.text];
  const shown = [health, health.host === undefined ? [] : siteServicesAt({ health, sites })];
  return hashOf(
    JSON.stringify([settings, approved, shown, live, await Promise.all(outlines), core]),
  );
}

export function isDueAgain(nowMs: number, { rejected, fault, faultMs }: ActivationRecord): boolean {
  const isFaultOld = fault !== "" && isOld({ atMs: faultMs }, nowMs);
  const isDue = (one: RejectedSite): boolean =>
    isOld(one, nowMs, one.waits === true ? pauseOf(one) : tryAgainMs);
  return isFaultOld || Object.values(rejected).some(isDue);
}

function timesOf({ times = 1 }: RejectedSite): number {
  return times;
}

function pauseOf(rejected: RejectedSite): number {
  return Math.min(tryAgainMs, pauseMs * 2 ** (timesOf(rejected) - 1));
}

function isOld(
  { atMs }: Pick<RejectedSite, "atMs">,
  nowMs: number,
  afterMs: number = tryAgainMs,
): boolean {
  return nowMs - atMs >= afterMs || nowMs < atMs;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
