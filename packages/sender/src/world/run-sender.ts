// The sender in the real world: its lock, its key, its connections. `sendOnce` is one run of the
// narrative, `sendAlways` the daemon.

import { readFile } from "node:fs/promises";
import { readKey, readText, realWorld, runDaemon } from "@siteferry/agent";
import { loadSigner } from "@siteferry/bundle";
import { dropSender } from "@siteferry/carry";
import { connect, parseAddress, type TlsOptions } from "@siteferry/livestatus";
import { errorFields, explain, type FileSystem, type Log, type World } from "@siteferry/model";
import { takeLock } from "@siteferry/spool";
import { type Sender, send, type SendReport } from "../send.ts";
import type { SenderSettings, TlsFiles } from "../settings.ts";

/** @throws FerryError `spool-busy` if another sender works in this spool. */
export async function sendOnce(settings: SenderSettings, log: Log): Promise<SendReport> {
  return await withSender(settings, log, send);
}

/** Runs until SIGTERM or SIGINT. */
export async function sendAlways(settings: SenderSettings, log: Log): Promise<void> {
  await withSender(settings, log, async (sender) => {
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
  log: Log,
  work: (sender: Sender) => Promise<Result>,
): Promise<Result> {
  const world = realWorld(log);
  const spool = `${settings.spool}/sender`;
  await world.files.makeDirectory(spool, 0o700);
  const lock = await takeLock(`${spool}/lock`);
  try {
    return await work(await openSender(world, settings, spool));
  } finally {
    await lock.release();
  }
}

async function openSender(world: World, settings: SenderSettings, spool: string): Promise<Sender> {
  const { files } = world;
  const address = parseAddress(settings.livestatus);
  const tls = await readTls(files, settings.tls ?? {});
  const { connectTimeout: connectTimeoutMs, answerTimeout: answerTimeoutMs } = settings;
  return {
    world,
    settings,
    spool,
    signer: await loadSigner(await readKey(files, settings.key), settings.key),
    life: await lifeOf(),
    connect: () => connect(address, { connectTimeoutMs, answerTimeoutMs, tls }),
    transports: settings.transports.map(({ drop }) =>
      dropSender(world, { ...drop, site: settings.site }),
    ),
  };
}

/** Linux tells one start of the machine from the next. */
async function lifeOf(): Promise<string> {
  return await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
}

async function readTls(
  files: FileSystem,
  { ca, cert, key, serverName }: TlsFiles,
): Promise<TlsOptions> {
  return {
    ...(ca !== undefined && { ca: await readText(files, ca) }),
    ...(cert !== undefined && { cert: await readText(files, cert) }),
    ...(key !== undefined && { key: await readKey(files, key) }),
    ...(serverName !== undefined && { serverName }),
  };
}
