// The sender in the real world: its lock, its key, its connections. `sendOnce` is one run of the
// narrative, `sendAlways` the daemon.

import { readFile } from "node:fs/promises";
import {
  checkUser,
  readKey,
  readText,
  readTlsFiles,
  realWorld,
  runDaemon,
  waitAtMost,
} from "@siteferry/agent";
import { loadSigner, parseAllowedSigners } from "@siteferry/bundle";
import { distinctNames, type SendingTransport } from "@siteferry/carry/contract";
import { connect, parseAddress } from "@siteferry/livestatus";
import {
  errorFields,
  explain,
  FerryError,
  ifMissing,
  type Log,
  type Progress,
  type World,
} from "@siteferry/model";
import { takeLock } from "@siteferry/spool";
import { readSenderFacts } from "../health/facts.ts";
import { judgeSender, type SenderHealth, type SenderLimits } from "../health/judge.ts";
import { rememberFailure } from "../last-run.ts";
import { type SealedBundle, type Sender, send, type SendReport } from "../send.ts";
import type { SenderSettings } from "../settings.ts";
import { Lanes, type Shipping } from "../ship.ts";
import { openTransport } from "../transports/index.ts";

/** @throws FerryError `spool-busy` if another sender works in this spool. */
export async function sendOnce(
  settings: SenderSettings,
  log: Log,
  progress: Progress | null = null,
): Promise<SendReport> {
  const shipping = { keepsPauses: false, patience: (lanes: Promise<unknown>) => lanes };
  return await withSender(settings, realWorld(log, progress), shipping, send);
}

/**
 * A run that also writes the whole site into `dir`, such as a stick that somebody carries: the
 * configuration and a keyframe, which need nothing that travelled before.
 */
export async function exportTo(
  settings: SenderSettings,
  log: Log,
  dir: string,
  progress: Progress | null = null,
): Promise<Exported> {
  const stick = { drop: { dir, mode: 0o644, after: [], collapse: true, index: false } };
  const more: SenderSettings = {
    ...settings,
    deliver: "all",
    transports: [...settings.transports, stick],
  };
  const shipping = { keepsPauses: false, patience: (lanes: Promise<unknown>) => lanes };
  return await withSender(more, realWorld(log, progress), shipping, async (sender) => {
    const { sealed } = await send({ ...sender, whole: true });
    const there = await sender.world.files.list(dir);
    return {
      sealed,
      missing: sealed.map(({ name }) => name).filter((name) => !there.includes(name)),
    };
  });
}

export interface Exported {
  readonly sealed: readonly SealedBundle[];
  /** Names that couldn't be written; the log says why. */
  readonly missing: readonly string[];
}

/** How it does, as far as its spool says; beside one that runs. */
export async function lookAtSender(
  settings: SenderSettings,
  log: Log,
  limits: SenderLimits,
): Promise<SenderHealth> {
  const { files, clock } = realWorld(log);
  const facts = await readSenderFacts(files, `${settings.spool}/sender`);
  return judgeSender(facts, settings, limits, clock.now());
}

/** Runs until SIGTERM or SIGINT. */
export async function sendAlways(settings: SenderSettings, log: Log): Promise<void> {
  const shipping = { keepsPauses: true, patience: waitAtMost };
  await withSender(settings, realWorld(log), shipping, async (sender) => {
    await runDaemon({
      schedule: settings.schedule,
      log,
      async cycle() {
        await send(sender).catch((error: unknown) => {
          const failure = explain(error, "Sending");
          log.error(errorFields(failure), `Nothing was sent: ${failure.message}`);
        });
      },
      watch: async () => async () => {},
    });
  });
}

async function withSender<Result>(
  settings: SenderSettings,
  world: World,
  shipping: Pick<Shipping, "keepsPauses" | "patience">,
  work: (sender: Sender) => Promise<Result>,
): Promise<Result> {
  const spool = `${settings.spool}/sender`;
  await checkUser(spool);
  await world.files.makeDirectory(spool, 0o700);
  const lock = await takeLock(`${spool}/lock`);
  try {
    const sender = await openSender(world, settings, spool, shipping).catch(async (error) => {
      await rememberFailure(world, `${spool}/state`, error);
      throw error;
    });
    try {
      return await work(sender);
    } finally {
      await closeTransports(sender);
    }
  } finally {
    await lock.release();
  }
}

async function openSender(
  world: World,
  settings: SenderSettings,
  spool: string,
  shipping: Pick<Shipping, "keepsPauses" | "patience">,
): Promise<Sender> {
  const { files } = world;
  // Without it, commands of the vendor dump the site.
  const address = settings.livestatus === undefined ? null : parseAddress(settings.livestatus);
  const tls = await readTlsFiles(files, settings.tls ?? {});
  const { connectTimeout: connectTimeoutMs, answerTimeout: answerTimeoutMs } = settings;
  return {
    world,
    settings,
    spool,
    signer: await loadSigner(await readKey(files, settings.key), settings.key),
    life: await lifeOf(),
    connect: () => connect(address!, { connectTimeoutMs, answerTimeoutMs, tls }),
    shipping: { ...shipping, ...(await openShipping(world, settings)), lanes: new Lanes() },
  };
}

/** @throws FerryError `settings-invalid` if a receipt could come and nobody could tell whether it is true. */
async function openShipping(
  world: World,
  settings: SenderSettings,
): Promise<Pick<Shipping, "transports" | "centreKeys">> {
  const { files } = world;
  const { site, centre, centreKeys } = settings;
  const readSecret = (path: string): Promise<string> => readKey(files, path);
  const readPlain = (path: string): Promise<string> => readText(files, path);
  const context = { world, site, centre, readSecret, readText: readPlain };
  const open = async (): Promise<readonly SendingTransport[]> =>
    distinctNames(
      await Promise.all(settings.transports.map((transport) => openTransport(context, transport))),
    );
  const express = await open();
  const transports = (await open()).map((bulk, index) => ({ bulk, express: express[index]! }));
  const twoWay = transports.find(({ bulk }) => !bulk.traits.oneWay);
  if (settings.oneWay && twoWay !== undefined) {
    const problem = `${twoWay.bulk.name} brings something back, and oneWay: true forbids it`;
    throw new FerryError("settings-invalid", problem);
  }
  if (centreKeys !== undefined) {
    const enrol = `siteferry enrol --centre ${centre} 'ssh-ed25519 …' makes it, with the line that init printed there.`;
    const list = await readPlain(centreKeys).catch(ifMissing(enrol));
    const signers = parseAllowedSigners(list, centreKeys);
    return { transports, centreKeys: signers };
  }
  const acknowledging = transports.find(({ bulk }) => bulk.traits.acknowledges);
  if (acknowledging === undefined) return { transports, centreKeys: null };
  const { name } = acknowledging.bulk;
  throw new FerryError(
    "settings-invalid",
    `${name} brings receipts: name the centre's key, centreKeys`,
  );
}

async function closeTransports({ shipping: { transports, lanes } }: Sender): Promise<void> {
  lanes.stopping = true;
  await Promise.all(transports.flatMap(({ bulk, express }) => [bulk.close(), express.close()]));
  // They write into the spool, whose lock is given back next.
  await Promise.allSettled(lanes.running.values());
}

/** Linux tells one start of the machine from the next. */
async function lifeOf(): Promise<string> {
  return await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
}
