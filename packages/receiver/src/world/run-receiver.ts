// The receiver in the real world: its lock, its list of signers, its transports. `receiveOnce` is
// one run of the narrative, `receiveAlways` the daemon.

import {
  checkUser,
  groupIdOf,
  readKey,
  readText,
  realWorld,
  runDaemon,
  waitAtMost,
} from "@siteferry/agent";
import {
  distinctNames,
  type ListeningTransport,
  type ReceivingTransport,
} from "@siteferry/carry/contract";
import {
  errorFields,
  explain,
  FerryError,
  type Log,
  type Progress,
  type World,
} from "@siteferry/model";
import { takeLock } from "@siteferry/spool";
import { BundleCache } from "../bundle-cache.ts";
import { arrivalsReceiver } from "../arrivals.ts";
import { type ObjectsView, viewObjects } from "../activation/view.ts";
import { coreTroubles } from "../health/core-troubles.ts";
import { strangersIn } from "../health/facts.ts";
import type { SiteView } from "../health/judge.ts";
import {
  loadLastRun,
  noteFailure,
  receiverTroubles,
  receiverWaits,
  RunNotes,
} from "../health/last-run.ts";
import { lookAtAllSites } from "../health/site-services.ts";
import { noRuns, runBegan, type RunCounts, runEnded, runFailed } from "../page/run-record.ts";
import { openDoor } from "../door.ts";
import type { Opening } from "../opening.ts";
import { readQuarantine } from "../quarantine.ts";
import { receive, type Receiver, type ReceiveReport } from "../receive.ts";
import type { ReceiverSettings } from "../settings.ts";
import { TakingIn } from "../take-in.ts";
import { openTransport } from "../transports/index.ts";
import { openPipedMail } from "../transports/piped-mail.ts";
import type { PageServer } from "./page-server.ts";
import { readKeys } from "./read-keys.ts";
import { realCoreControl } from "./real-core-control.ts";
import { freeSpaceOf, openDoorway } from "./real-doorway.ts";
import { livedumpSealer } from "./receive-livedump.ts";

/** How long one run waits for its transports: no other run can begin meanwhile. */
interface OncePatience {
  /** After this no other file is begun, and what has come is applied. */
  readonly beginMs: number;
  /** After this also the file under way is broken off: all that it had would be read anew. */
  readonly wholeMs: number;
}

/** As long as a bundle may take through the door: 14 MiB on the slowest line. */
const oncePatience: OncePatience = { beginMs: 5 * 60_000, wholeMs: 60 * 60_000 };

/**
 * What listens is not opened: that is the daemon's. What a slow transport brings after the others, or fails at, is of
 * the same run: its report is what the caller's exit status and `siteferry status` are made of.
 * @throws FerryError `spool-busy` if another receiver works in this spool.
 */
export async function receiveOnce(
  settings: ReceiverSettings,
  log: Log,
  progress: Progress | null = null,
  { beginMs, wholeMs }: OncePatience = oncePatience,
): Promise<ReceiveReport> {
  const begunMs = performance.now();
  const leftOf = (ms: number): number => Math.max(0, begunMs + ms - performance.now());
  const takingIn = new TakingIn(
    async (work) => await waitAtMost(work, leftOf(beginMs)),
    () => leftOf(beginMs) === 0,
  );
  return await withSpool(
    settings,
    realWorld(log, progress),
    takingIn,
    async (open) =>
      await receive(await open(), async (heard) => {
        await waitAtMost(Promise.all(takingIn.running.values()), leftOf(wholeMs));
        for (const name of takingIn.running.keys()) {
          takingIn.count("failed");
          const reason = `not done after ${wholeMs / 60_000} minutes`;
          const failure = new FerryError("link-timeout", reason);
          heard.error(errorFields(failure), `${name} is broken off`);
        }
        return takingIn.hasMore ? { ...(await open()), transports: [] } : null;
      }),
  );
}

/** Runs until SIGTERM or SIGINT. */
export async function receiveAlways(settings: ReceiverSettings, log: Log): Promise<void> {
  const takingIn = new TakingIn(waitAtMost);
  await withSpool(settings, realWorld(log), takingIn, async (open, { looking, listening }) => {
    // A list that can't be used at the start is an operator's slip: say so and end.
    await open();
    const door = openDoor(await openDoorway(settings, log));
    let wakeUp = (): void => {};
    const comeBack = comingBack(() => wakeUp());
    let runs = noRuns;
    await runDaemon({
      schedule: settings.schedule,
      log,
      async cycle() {
        runs = runBegan(runs, Date.now());
        try {
          const report = await receive(await open());
          runs = runEnded(runs, Date.now(), report);
          comeBack(report);
        } catch (error) {
          const failure = explain(error, "Receiving");
          runs = runFailed(runs, Date.now(), failure.code);
          await noteFailure(realWorld(log), `${settings.spool}/receiver`, failure);
          log.error(errorFields(failure), `Nothing was received: ${failure.message}`);
        }
      },
      async watch(wake) {
        wakeUp = wake;
        await Promise.all(looking.map((transport) => transport.watch(wake)));
        let page: PageServer | null = null;
        const close = async (): Promise<void> => {
          await Promise.allSettled([page?.close(), ...listening.map((one) => one.close())]);
        };
        // One that listens while another can't would answer for a receiver that has ended.
        try {
          page = await pageOf(settings, log, () => runs);
          await Promise.all(listening.map((transport) => transport.listen(door)));
        } catch (error) {
          await close();
          throw error;
        }
        return close;
      },
    });
  });
}

async function pageOf(
  settings: ReceiverSettings,
  log: Log,
  runs: () => RunCounts,
): Promise<PageServer | null> {
  const { page, spool } = settings;
  if (page === undefined) return null;
  const { openPage } = await import("./open-page.ts");
  return await openPage(realOpening(realWorld(log), settings, `${spool}/receiver`), page, runs);
}

/**
 * While commands wait to be seen at a core, the schedule is too slow: it is looked for them after a second,
 * then after twice as long each time. What doesn't come in a minute isn't hurried by looking.
 */
function comingBack(wake: () => void): (report: ReceiveReport) => void {
  let delayMs = firstLookMs;
  let timer: NodeJS.Timeout | undefined;
  return ({ commands, commandsWaiting }) => {
    clearTimeout(timer);
    if (commands > 0 || commandsWaiting === 0) delayMs = firstLookMs;
    if (commandsWaiting === 0 || delayMs > lastLookMs) return;
    timer = setTimeout(wake, delayMs).unref();
    delayMs *= 2;
  };
}

const firstLookMs = 1_000;
const lastLookMs = 32_000;

interface Transports {
  readonly looking: readonly ReceivingTransport[];
  readonly listening: readonly ListeningTransport[];
}

/** Hands out the receiver for a run: its lists of keys are read anew each time. */
type OpenReceiver = () => Promise<Receiver>;

async function withSpool<Result>(
  settings: ReceiverSettings,
  world: World,
  takingIn: TakingIn,
  work: (open: OpenReceiver, transports: Transports) => Promise<Result>,
): Promise<Result> {
  const { files } = world;
  const spool = `${settings.spool}/receiver`;
  await checkUser(spool);
  await files.makeDirectory(spool, 0o700);
  const lock = await takeLock(`${spool}/lock`);
  let transports: Transports = { looking: [], listening: [] };
  try {
    // Its key is checked, and the arrivals' directory is made.
    await openDoorway(settings, world.log);
    transports = await openTransports(world, settings, spool);
    const { looking } = transports;
    const common = {
      ...realOpening(world, settings, spool),
      transports: looking,
      takingIn,
      notes: new RunNotes(),
    };
    let believed = "";
    let cache = new BundleCache();
    const open: OpenReceiver = async () => {
      const { trusted, ...keys } = await readKeys(files, settings);
      // What was opened with a key that isn't believed any more must be judged again.
      if (trusted !== believed) cache = new BundleCache();
      believed = trusted;
      return { ...common, ...keys, cache };
    };
    return await work(open, transports);
  } catch (error) {
    await noteFailure(world, spool, explain(error, "Receiving"));
    throw error;
  } finally {
    // Last: as long as something is taken in, no other receiver may work in this spool. What can't be
    // ended keeps the lock until the process is gone.
    await takingIn.end(transports.looking);
    await lock.release();
  }
}

type RealOpening = Omit<Opening, "signers" | "revoked" | "identities" | "cache">;

function realOpening(world: World, settings: ReceiverSettings, spool: string): RealOpening {
  const freeSpace = (): Promise<number> => freeSpaceOf(spool);
  return { world, settings, spool, core: realCoreControl, groupId, freeSpace };
}

/** The objects of each target, as they are and as they would be; beside a receiver that runs. */
export async function lookAtObjects(
  settings: ReceiverSettings,
  log: Log,
  progress: Progress | null = null,
): Promise<readonly ObjectsView[]> {
  const world = realWorld(log, progress);
  const { trusted: _trusted, ...keys } = await readKeys(world.files, settings);
  const common = realOpening(world, settings, `${settings.spool}/receiver`);
  const opening: Opening = { ...common, ...keys, cache: new BundleCache() };
  const views: ObjectsView[] = [];
  for (const target of settings.targets) {
    if (!("objects" in target)) continue;
    progress?.begin(`Rendering the objects for ${target.objects.dir}`);
    views.push(await viewObjects(opening, target.objects));
  }
  return views;
}

/** How each site is, as far as the receiver knows; beside one that runs. */
export async function lookAtSites(
  settings: ReceiverSettings,
  log: Log,
): Promise<readonly SiteView[]> {
  return await lookAtAllSites(realOpening(realWorld(log), settings, `${settings.spool}/receiver`));
}

export interface ReceiverView {
  readonly troubles: readonly string[];
  readonly waits: readonly string[];
  /** How many refused files are of no site that the settings name. */
  readonly strangers: number;
}

/** What is wrong with the receiver itself, and what waits there; nothing of one that never ran. */
export async function lookAtReceiver(settings: ReceiverSettings, log: Log): Promise<ReceiverView> {
  const world = realWorld(log);
  const { files, clock } = world;
  const spool = `${settings.spool}/receiver`;
  if ((await files.status(spool)) === null) return { troubles: [], waits: [], strangers: 0 };
  const last = await loadLastRun({ files }, spool);
  const troubles = [
    ...receiverTroubles(last, await freeSpaceOf(spool), clock.now()),
    ...(await coreTroubles({ world, settings, spool })),
  ];
  const strangers = strangersIn(await readQuarantine(files, settings), settings).length;
  return { troubles, waits: receiverWaits(last), strangers };
}

/** Nothing is connected yet. What came through the door or a mail server's pipe is looked for first. */
async function openTransports(
  world: World,
  settings: ReceiverSettings,
  spool: string,
): Promise<Transports> {
  const { files } = world;
  const context = {
    world,
    spool,
    readSecret: (path: string) => readKey(files, path),
    readText: (path: string) => readText(files, path),
    sealLivedump: livedumpSealer(world, settings, spool),
  };
  const opened = await Promise.all(
    settings.transports.map((transport) => openTransport(context, transport)),
  );
  return {
    looking: distinctNames([
      arrivalsReceiver(files, spool),
      openPipedMail(context),
      ...opened.filter((transport) => "incoming" in transport),
    ]),
    listening: opened.filter((transport) => "listen" in transport),
  };
}

async function groupId(name: string | undefined): Promise<number | null> {
  return name === undefined ? null : await groupIdOf(name);
}
