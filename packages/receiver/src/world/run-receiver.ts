// The receiver in the real world: its lock, its list of signers, its transports. `receiveOnce` is
// one run of the narrative, `receiveAlways` the daemon.

import { statfs } from "node:fs/promises";
import { groupIdOf, readKey, readText, realWorld, runDaemon } from "@siteferry/agent";
import {
  loadSigner,
  parseAllowedSigners,
  parseRevokedKeys,
  parseAgeIdentities,
} from "@siteferry/bundle";
import { dropReceiver, type ReceivingTransport } from "@siteferry/carry";
import { errorFields, explain, type FileSystem, type Log, type World } from "@siteferry/model";
import { takeLock } from "@siteferry/spool";
import { BundleCache } from "../bundle-cache.ts";
import type { Opening } from "../opening.ts";
import { receive, type ReceiveReport } from "../receive.ts";
import type { ReceiverSettings } from "../settings.ts";

/** @throws FerryError `spool-busy` if another receiver works in this spool. */
export async function receiveOnce(settings: ReceiverSettings, log: Log): Promise<ReceiveReport> {
  return await withSpool(settings, log, async (world, spool, transports) => {
    const keys = await readKeys(world.files, settings);
    const cache = new BundleCache();
    return await receive({
      world,
      settings,
      spool,
      ...keys,
      transports,
      cache,
      groupId,
      freeSpace: () => freeSpaceOf(spool),
    });
  });
}

/** Runs until SIGTERM or SIGINT. The list of signers is read anew in each cycle. */
export async function receiveAlways(settings: ReceiverSettings, log: Log): Promise<void> {
  await withSpool(settings, log, async (world, spool, transports) => {
    // A list that can't be used at the start is an operator's slip: say so and end.
    let known = JSON.stringify((await readKeys(world.files, settings)).trusted);
    let cache = new BundleCache();
    await runDaemon({
      schedule: settings.schedule,
      log,
      async cycle() {
        try {
          const { trusted, ...keys } = await readKeys(world.files, settings);
          const now = JSON.stringify(trusted);
          // What was opened with a key that isn't believed any more must be judged again.
          if (now !== known) cache = new BundleCache();
          known = now;
          await receive({
            world,
            settings,
            spool,
            ...keys,
            transports,
            cache,
            groupId,
            freeSpace: () => freeSpaceOf(spool),
          });
        } catch (error) {
          const failure = explain(error, "Receiving");
          log.error(errorFields(failure), `Nothing was received: ${failure.message}`);
        }
      },
      async watch(wake) {
        await Promise.all(transports.map((transport) => transport.watch(wake)));
        return async () => {
          await Promise.all(transports.map((transport) => transport.close()));
        };
      },
    });
  });
}

async function withSpool<Result>(
  settings: ReceiverSettings,
  log: Log,
  work: (world: World, spool: string, transports: readonly ReceivingTransport[]) => Promise<Result>,
): Promise<Result> {
  const world = realWorld(log);
  const spool = `${settings.spool}/receiver`;
  await world.files.makeDirectory(spool, 0o700);
  const { key } = settings;
  if (key !== undefined) await loadSigner(await readKey(world.files, key), key);
  const lock = await takeLock(`${spool}/lock`);
  try {
    const transports = settings.transports.map(({ drop: { dir, site = null } }) =>
      dropReceiver(world.files, { dir, site }),
    );
    return await work(world, spool, transports);
  } finally {
    await lock.release();
  }
}

/** Whom to believe, and what to decrypt with. `trusted` changes when any of it does. */
async function readKeys(
  files: FileSystem,
  { allowedSigners, revokedKeys, identity }: ReceiverSettings,
): Promise<Pick<Opening, "signers" | "revoked" | "identities"> & { trusted: readonly string[] }> {
  const revoked = revokedKeys === undefined ? "" : await readText(files, revokedKeys);
  const identities =
    identity === undefined ? [] : parseAgeIdentities(await readKey(files, identity), identity);
  const list = await readText(files, allowedSigners);
  return {
    signers: parseAllowedSigners(list, allowedSigners),
    revoked: parseRevokedKeys(revoked, revokedKeys ?? ""),
    identities,
    trusted: [list, revoked, ...identities],
  };
}

async function freeSpaceOf(directory: string): Promise<number> {
  const { bavail, blocks } = await statfs(directory);
  return bavail / blocks;
}

async function groupId(name: string | undefined): Promise<number | null> {
  return name === undefined ? null : await groupIdOf(name);
}
