// Reconcile, Checkmk's own core: the configurations that vendors' dumps hold become files and are
// loaded, then their states are piped into Livestatus.

import {
  mkDirectory,
  type MkFiles,
  mkFileName,
  readShadowHosts,
  shadowHostLine,
  shadowHostsFile,
} from "@siteferry/apply";
import { realPace } from "@siteferry/bundle";
import {
  errorFields,
  explain,
  formatBundleName,
  type FileSystem,
  type SiteId,
} from "@siteferry/model";
import { loadProgress, saveProgress, targetDirectory } from "./applied-store.ts";
import { askApprovals } from "./approval.ts";
import { bringLive, type LiveGround, type LiveOutcome, provenDigest } from "./cmc-live.ts";
import type { CmcSettings } from "./cmc-settings.ts";
import { tellKept } from "./configurations.ts";
import { loadSiteRecord, reopen, type SiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import { isOwnHost, nameAtCentre } from "./ownership.ts";
import { pipeStates } from "./pipe-states.ts";
import type { SiteSettings } from "./settings.ts";
import { type CmcWorld, realCmcWorld } from "./world/real-cmc.ts";

export interface CmcCounts {
  /** Files of configuration that are new, other than before, or gone. */
  cmcFiles: number;
  /** Commands that were handed to Livestatus. */
  cmcStates: number;
  /** Targets whose newest configuration isn't live. */
  cmcWaiting: number;
  failed: number;
}

interface KnownSite {
  readonly site: SiteId;
  readonly settings: SiteSettings;
  /** Null: none has come, as far as the spool knows; then what was made of one before stays. */
  readonly dump: NonNullable<SiteRecord["dump"]> | null;
  readonly isDamaged: boolean;
}

export async function reconcileCmc(
  opening: Opening,
  target: CmcSettings,
  cmc: CmcWorld = realCmcWorld,
): Promise<{ readonly counts: CmcCounts; readonly awaiting: readonly SiteId[] }> {
  const counts: CmcCounts = { cmcFiles: 0, cmcStates: 0, cmcWaiting: 0, failed: 0 };
  const state = targetDirectory(opening.spool, "cmc", target.mk);
  const there: readonly string[] = await opening.world.files.list(target.mk).catch(() => []);
  const all = await knownSites(opening);
  const isThere = (site: SiteId): boolean => there.includes(mkFileName(site));
  // A site that sends no dumps has nothing to approve here.
  const silent = all
    .filter(({ dump, isDamaged }) => dump === null && !isDamaged)
    .map(({ site }) => site);
  const { approved: known, awaiting } = await askApprovals(
    opening,
    state,
    all,
    (site) => isThere(site) || silent.includes(site),
  );
  const kept = known.filter(({ site, dump }) => !dump?.config && isThere(site));
  await tellKept(
    opening,
    state,
    kept.map(({ site }) => site),
  );
  await attempt(opening, counts, `Configuration in ${target.mk}`, async () => {
    const outcome = await reconcileConfiguration(opening, target, cmc, known);
    counts.cmcFiles += outcome.files;
    counts.cmcWaiting += outcome.isLive ? 0 : 1;
    counts.failed += outcome.failed ? 1 : 0;
  });
  const proven = await provenDigest({ world: opening.world, state });
  for (const { site, settings, dump } of known) {
    const header = dump?.states;
    if (header === null || header === undefined) continue;
    await attempt(opening, counts, `States of ${site} for ${target.live}`, async () => {
      const connect = (): ReturnType<CmcWorld["connect"]> => cmc.connect(target.live);
      const pipe = { opening, state, site, settings, connect };
      counts.cmcStates += await pipeStates(pipe, header, proven);
    });
  }
  return { counts, awaiting };
}

async function attempt(
  { world }: Opening,
  counts: { failed: number },
  doing: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    counts.failed += 1;
    world.log.error(errorFields(explain(error, doing)), `${doing} failed`);
  }
}

const settledName = "settled";

async function reconcileConfiguration(
  opening: Opening,
  target: CmcSettings,
  { runCommand }: CmcWorld,
  known: readonly KnownSite[],
): Promise<LiveOutcome> {
  const { world, spool } = opening;
  const state = targetDirectory(spool, "cmc", target.mk);
  const { mk, mode, reload, reloadEvery, reloadTimeout } = target;
  const about = known.map(({ site, settings, dump }) => [
    site,
    settings,
    dump?.config?.payloadHash ?? "",
  ]);
  const wanted = JSON.stringify([target, about]);
  // What somebody else deleted or cut is written again.
  const asLeft = async (): Promise<string> => `${wanted}\n${await outlineOf(world.files, mk)}`;
  const isSettled = (await asLeft()) === (await loadProgress(world, state, settledName));
  if (isSettled) return { files: 0, isLive: true, failed: false };

  const groupId = await opening.groupId(target.group);
  const ground: LiveGround = {
    world,
    state,
    live: mkDirectory(world, { directory: mk, mode, groupId }),
    copies: mkDirectory(world, { directory: `${state}/copies`, mode: 0o600, groupId: null }),
    reloadEveryMs: reloadEvery,
    async reload() {
      if (reload.length === 0) return;
      await runCommand(reload, { timeoutMs: reloadTimeout, outputBytesMax: 0 });
    },
  };
  const files = await render(opening, known, await ground.live.read());
  const outcome = await bringLive(ground, files);
  if (outcome.isLive) {
    await saveProgress(world, state, settledName, await asLeft());
  }
  return outcome;
}

/** What the directory shall hold. A site that isn't known, or can't be read, keeps what is `there`. */
async function render(
  opening: Opening,
  known: readonly KnownSite[],
  there: MkFiles,
): Promise<MkFiles> {
  const files = new Map<string, string>();
  for (const { site, settings, dump } of known) {
    const name = mkFileName(site);
    let text = there.get(name);
    try {
      if (dump?.config) text = await renderSite(opening, site, settings, dump.config);
    } catch (error) {
      const failure = explain(error, `Opening the dump of ${site}`);
      opening.world.log.error(errorFields(failure), `The hosts of ${site} stay as they are`);
    }
    if (text !== undefined) files.set(name, text);
  }
  return files;
}

async function renderSite(
  opening: Opening,
  site: SiteId,
  settings: SiteSettings,
  header: Parameters<typeof formatBundleName>[0] & Parameters<typeof reopen>[1],
): Promise<string> {
  const { config } = await reopen(opening, header, "verbatim");
  const isOwn = isOwnHost(settings);
  const nameOf = nameAtCentre(settings);
  const pace = realPace();
  const lines: string[] = [];
  for (const { name, value } of readShadowHosts(config)) {
    if (isOwn(name)) lines.push(shadowHostLine(nameOf(name), value));
    await pace.breathe();
  }
  return shadowHostsFile(site, lines);
}

async function knownSites({ world, settings, spool }: Opening): Promise<readonly KnownSite[]> {
  const known: KnownSite[] = [];
  for (const [site, siteSettings] of Object.entries(settings.sites) as [SiteId, SiteSettings][]) {
    let isDamaged = false;
    const record = await loadSiteRecord(world.files, spool, site).catch(() => {
      isDamaged = true;
      return null;
    });
    known.push({ site, settings: siteSettings, dump: record?.dump ?? null, isDamaged });
  }
  return known;
}

/** Names, sizes and times of what lies in a directory. */
async function outlineOf(files: FileSystem, directory: string): Promise<string> {
  const names = await files.list(directory).catch(() => []);
  const lines = names.map(async (name) => {
    const status = await files.status(`${directory}/${name}`);
    return `${name} ${status?.sizeBytes} ${status?.modifiedMs}`;
  });
  return (await Promise.all(lines)).toSorted().join("\n");
}
