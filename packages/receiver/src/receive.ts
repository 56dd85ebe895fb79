// The receiver's narrative: take in, open and keep, then reconcile each target. Objects come before
// states, because a core loses results of objects that it doesn't know. One run of it is
// `receive --once`; the daemon repeats it.

import type { ReceivingTransport } from "@siteferry/carry";
import { errorFields, explain, type Log, type SiteId } from "@siteferry/model";
import { openDirectories } from "@siteferry/spool";
import { fileStamp } from "./activation/target.ts";
import { dropRequests, readRequests, type Requests } from "./activation/words.ts";
import { ownHostsAt } from "./centre-hosts.ts";
import { noteRun, RunNotes } from "./health/last-run.ts";
import { lookAtAllSites, reportSites } from "./health/site-services.ts";
import type { CmcSettings } from "./cmc-settings.ts";
import { forgetDeparted } from "./departed-sites.ts";
import { carryOutForget } from "./forget.ts";
import { listInbox } from "./inbox.ts";
import { type LiveCore, readLiveObjects } from "./live-objects.ts";
import { openInbox, type OpenedInbox } from "./open-inbox.ts";
import type { Opening } from "./opening.ts";
import type { CommandsSettings } from "./commands-settings.ts";
import { type CmcCounts, reconcileCmc } from "./reconcile-cmc.ts";
import { reconcileCommands } from "./reconcile-commands.ts";
import { reconcileIcinga2 } from "./reconcile-icinga2.ts";
import { reconcileObjects } from "./reconcile-objects.ts";
import { reconcileStates, type StateCounts } from "./reconcile-states.ts";
import { findSilentSites, type SilentSites } from "./silence.ts";
import type { Icinga2Settings } from "./icinga2-settings.ts";
import type { CheckResultsSettings, ReceiverSettings } from "./settings.ts";
import { noneTaken, takeIn, type TakenIn, type TakingIn } from "./take-in.ts";
import type { CmcWorld } from "./world/real-cmc.ts";
import type { CommandsWorld } from "./world/real-commands.ts";

/** Everything a run needs; the caller holds the spool's lock. */
export interface Receiver extends Opening {
  readonly transports: readonly ReceivingTransport[];
  readonly takingIn?: TakingIn;
  readonly notes?: RunNotes;
  /** Absent: that of a real process. */
  readonly cmc?: CmcWorld;
  readonly commands?: CommandsWorld;
}

export interface ReceiveReport extends OpenedInbox, CmcCounts {
  /** Files that came through the transports. */
  taken: number;
  /** Check results that were handed to the core, and their files. */
  results: number;
  /** Of them changes of state that had happened before the newest, and those that were too many. */
  replayed: number;
  passedOver: number;
  resultFiles: number;
  /** Objects whose result waits: for the core to read the one before, or to load their configuration. */
  waitingForCore: number;
  waitingForConfiguration: number;
  /** Hosts of the centre's own that sites sent states of; they were left out. */
  centreHosts: number;
  /** Files of object configuration that are new, other than before, or gone. */
  objectFiles: number;
  /** Times that other objects went live. */
  activations: number;
  /** Sites whose first configuration waits for an operator's approval. */
  awaitingApproval: number;
  /** Sites of which a core refuses what is new, and targets that an operator took back to earlier objects. */
  refusedByCore: number;
  heldAfterRollback: number;
  /** Packages of object configuration that a core has activated. */
  packages: number;
  /** Results for which a core said that it has a newer one. */
  newerAtCore: number;
  /** Results that are older than what a core was handed, which were left out. */
  older: number;
  /** Services that say how a site is and that a core hasn't got, or not the host for them. */
  sitesNotShown: number;
  /** External commands that were handed to a core. */
  commands: number;
  /** Annotations that don't show at the core yet, or can't be sent before something else is there. */
  commandsWaiting: number;
  /** Annotations that a core can't be told of, or doesn't take over. */
  commandsRefused: number;
}

/** Asked when a run is done: with what it is done once more. It is the same run still, with one report and one note. */
type OnceMore = (log: Log) => Promise<Receiver | null>;

export async function receive(
  receiver: Receiver,
  onceMore: OnceMore = async () => null,
): Promise<ReceiveReport> {
  const { world, spool, notes = new RunNotes() } = receiver;
  const heard = { ...world, log: notes.listening(world.log) };
  let report = await runOnce({ ...receiver, world: heard }, notes);
  const again = await onceMore(heard.log);
  if (again !== null) {
    notes.lookAgain();
    report = joined(report, await runOnce({ ...again, world: heard }, notes));
  }
  world.log.info(report, summaryOf(report));
  await noteRun(world, spool, notes, report);
  return report;
}

/** What is as it was found last; all else has happened, and is added. */
const found: ReadonlySet<keyof ReceiveReport> = new Set([
  "waitingForKeyframe",
  "postponed",
  "waitingForCore",
  "waitingForConfiguration",
  "centreHosts",
  "awaitingApproval",
  "refusedByCore",
  "heldAfterRollback",
  "sitesNotShown",
  "commandsWaiting",
  "commandsRefused",
  "cmcWaiting",
]);

function joined(first: ReceiveReport, last: ReceiveReport): ReceiveReport {
  const report = { ...last };
  for (const name of Object.keys(first) as (keyof ReceiveReport)[]) {
    if (!found.has(name)) report[name] += first[name];
  }
  return report;
}

async function runOnce(receiver: Receiver, notes: RunNotes): Promise<ReceiveReport> {
  const { world, settings, spool, transports } = receiver;
  // It sweeps, and what a transport that still works is writing is no leftover.
  if ((receiver.takingIn?.running.size ?? 0) === 0) {
    await openDirectories(world.files, spool, ["tmp", "inbox", "sites", "state", "quarantine"]);
  }

  const taken = await takeIn(receiver, transports, receiver.takingIn);
  const forgotten = { failed: 0 };
  for (const site of sitesOf(settings)) {
    await attempt(receiver, forgotten, `Forgetting ${site}`, () => carryOutForget(receiver, site));
  }
  const opened = await openInbox(receiver, await listInbox(world, spool));
  const report: ReceiveReport = {
    ...opened,
    taken: 0,
    failed: opened.failed + forgotten.failed,
    results: 0,
    replayed: 0,
    passedOver: 0,
    resultFiles: 0,
    waitingForCore: 0,
    waitingForConfiguration: 0,
    centreHosts: 0,
    objectFiles: 0,
    activations: 0,
    awaitingApproval: 0,
    refusedByCore: 0,
    heldAfterRollback: 0,
    packages: 0,
    newerAtCore: 0,
    older: 0,
    sitesNotShown: 0,
    commands: 0,
    commandsWaiting: 0,
    commandsRefused: 0,
    cmcFiles: 0,
    cmcStates: 0,
    cmcWaiting: 0,
  };
  const requests = await readRequests(world.files, spool, settings.targets);
  addTaken(report, taken);
  const awaited = await reconcileAllObjects(receiver, report, requests);
  const sites = { awaited, silent: await silentSites(receiver, report), notes };
  for (const target of settings.targets) {
    if ("checkresults" in target) {
      await reconcileSites(receiver, report, target.checkresults, sites);
    } else if ("icinga2" in target) {
      await reconcileCore(receiver, report, target.icinga2, sites);
    }
    if ("cmc" in target) await reconcileShadows(receiver, report, target.cmc, awaited);
  }
  // Last: an acknowledgement needs the problem at the centre, and the objects' first results bring it.
  for (const target of settings.targets) {
    if ("commands" in target) await reconcilePeople(receiver, report, target.commands, sites);
  }
  await reportHealth(receiver, report);
  addTaken(report, receiver.takingIn?.takeCounts() ?? noneTaken());
  await dropRequests(world.files, spool, sitesOf(settings), requests);
  report.awaitingApproval = awaited.size;
  return report;
}

/** Last: it is also about this run. */
async function reportHealth(receiver: Receiver, report: ReceiveReport): Promise<void> {
  const { host } = receiver.settings.health;
  if (host === undefined) return;
  const doing = `The services of the sites on ${host}`;
  await attempt(receiver, report, doing, async () => {
    const health = (await lookAtAllSites(receiver)).map((one) => one.health);
    for (const target of receiver.settings.targets) {
      if (!("checkresults" in target || "icinga2" in target)) continue;
      await attempt(receiver, report, doing, async () => {
        report.sitesNotShown += await reportSites(receiver, host, health, target);
      });
    }
  });
}

function sitesOf({ sites }: ReceiverSettings): readonly SiteId[] {
  return Object.keys(sites) as SiteId[];
}

/** What matters to all targets. */
interface SitesNow {
  /** Whose objects no core knows, as they wait for an operator. */
  readonly awaited: Set<SiteId>;
  readonly silent: SilentSites;
  readonly notes: RunNotes;
}

async function silentSites(receiver: Receiver, report: ReceiveReport): Promise<SilentSites> {
  let silent: SilentSites = new Map();
  await attempt(receiver, report, "Looking for silent sites", async () => {
    silent = await findSilentSites(receiver);
  });
  return silent;
}

/** Returns which sites' objects wait for an approval: a core would lose results of theirs. */
async function reconcileAllObjects(
  receiver: Receiver,
  report: ReceiveReport,
  requests: Requests,
): Promise<Set<SiteId>> {
  const awaited = new Set<SiteId>();
  for (const target of receiver.settings.targets) {
    if (!("objects" in target)) continue;
    await attempt(receiver, report, `Objects for ${target.objects.dir}`, async () => {
      const objects = await reconcileObjects(receiver, target.objects, requests);
      for (const site of objects.awaitingApproval) awaited.add(site);
      report.objectFiles += objects.objectFiles;
      report.activations += objects.activations;
      report.failed += objects.failed;
      report.refusedByCore += objects.refusedByCore.length;
      report.heldAfterRollback += Number(objects.isHeld);
    });
  }
  return awaited;
}

/** Of a site whose objects wait for an operator; another core than the one it waits at may have them. */
const nothingLive: LiveCore = { isLive: () => false, isWhole: false };

async function reconcileSites(
  receiver: Receiver,
  report: ReceiveReport,
  target: CheckResultsSettings,
  { awaited, silent, notes }: SitesNow,
): Promise<void> {
  await attempt(receiver, report, `Check results for ${target.dir}`, async () => {
    let live: Promise<LiveCore> | null = null;
    // Read when it is needed: in most runs nothing waits, and it is large.
    const readLive = (): Promise<LiveCore> =>
      (live ??= readLiveObjects(receiver, target, ownHosts?.answers));
    const cacheStamp = await fileStamp(receiver.world.files, target.objectCache);
    const ownHosts = await ownHostsAt(
      receiver,
      ({ object_cache_file: cache }) => cache !== undefined && cache === target.objectCache,
    );
    for (const site of sitesOf(receiver.settings)) {
      await attempt(receiver, report, `Check results of ${site} for ${target.dir}`, async () => {
        const centre = {
          readLive: awaited.has(site) ? async () => nothingLive : readLive,
          cacheStamp,
          ownHosts,
          silent,
        };
        const counts = await reconcileStates(receiver, target, site, centre);
        add(report, counts);
        notes.addUnread(counts?.unreadSinceMs ?? null, counts?.withdrawn ?? 0);
      });
    }
    await forgetDeparted(receiver, target, { readLive, cacheStamp });
  });
}

async function reconcileCore(
  receiver: Receiver,
  report: ReceiveReport,
  target: Icinga2Settings,
  { awaited, silent }: SitesNow,
): Promise<void> {
  await attempt(receiver, report, `Reaching ${target.url}`, async () => {
    const done = await reconcileIcinga2(receiver, target, silent);
    report.failed += done.failed;
    report.packages += done.activated ? 1 : 0;
    report.results += done.results;
    report.newerAtCore += done.newerAtCore;
    report.older += done.older;
    report.waitingForConfiguration += done.waitingForConfiguration;
    report.centreHosts += done.centreHosts;
    for (const site of done.awaitingApproval) awaited.add(site);
  });
}

async function reconcileShadows(
  receiver: Receiver,
  report: ReceiveReport,
  target: CmcSettings,
  awaited: Set<SiteId>,
): Promise<void> {
  const { counts, awaiting } = await reconcileCmc(receiver, target, receiver.cmc);
  for (const site of awaiting) awaited.add(site);
  for (const name of Object.keys(counts) as (keyof CmcCounts)[]) report[name] += counts[name];
}

async function reconcilePeople(
  receiver: Receiver,
  report: ReceiveReport,
  target: CommandsSettings,
  { awaited, silent }: SitesNow,
): Promise<void> {
  const doing = `Commands for ${target.livestatus ?? target.file}`;
  await attempt(receiver, report, doing, async () => {
    const counts = await reconcileCommands(receiver, target, awaited, silent, receiver.commands);
    report.commands += counts.commands;
    report.commandsWaiting += counts.commandsWaiting;
    report.commandsRefused += counts.commandsRefused;
    report.results += counts.results;
    report.failed += counts.failed;
  });
}

/** One target or site that fails must not keep the others waiting. */
async function attempt(
  { world }: Receiver,
  report: { failed: number },
  doing: string,
  work: () => Promise<void>,
): Promise<void> {
  world.progress?.begin(doing);
  try {
    await work();
  } catch (error) {
    report.failed += 1;
    world.log.error(errorFields(explain(error, doing)), `${doing} failed`);
  }
}

function add(report: ReceiveReport, counts: StateCounts | null): void {
  report.results += counts?.written ?? 0;
  report.replayed += counts?.earlier ?? 0;
  report.passedOver += counts?.passedOver ?? 0;
  report.older += counts?.older ?? 0;
  report.resultFiles += counts?.files ?? 0;
  report.waitingForCore += counts?.waitingForCore ?? 0;
  report.waitingForConfiguration += counts?.waitingForConfiguration ?? 0;
  report.centreHosts += counts?.centreHosts ?? 0;
}

function addTaken(report: ReceiveReport, { taken, unsuitable, failed }: TakenIn): void {
  report.taken += taken;
  report.refused += unsuitable;
  report.failed += failed;
}

function summaryOf(report: ReceiveReport): string {
  const waiting = report.waitingForCore + report.waitingForConfiguration;
  return [
    `Took in ${report.accepted} bundles`,
    `refused ${report.refused}`,
    `wrote ${report.results} check results`,
    `${waiting} wait`,
  ].join(", ");
}
