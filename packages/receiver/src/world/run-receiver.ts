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
import { errorFields, explain, type FileSystem, type Log } from "@siteferry/model";
import { takeLock } from "@siteferry/spool";
import { BundleCache } from "../bundle-cache.ts";
import type { Opening } from "../opening.ts";
import { receive, type Receiver, type ReceiveReport } from "../receive.ts";
import type { ReceiverSettings } from "../settings.ts";

/** @throws FerryError `spool-busy` if another receiver works in this spool. */
export async function receiveOnce(settings: ReceiverSettings, log: Log): Promise<ReceiveReport> {
  return await withSpool(settings, log, async (open) => await receive(await open()));
}

/** Runs until SIGTERM or SIGINT. */
export async function receiveAlways(settings: ReceiverSettings, log: Log): Promise<void> {
  await withSpool(settings, log, async (open, transports) => {
    // A list that can't be used at the start is an operator's slip: say so and end.
    await open();
    await runDaemon({
      schedule: settings.schedule,
      log,
      async cycle() {
        try {
          await receive(await open());
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

/** Hands out the receiver for a run: its lists of keys are read anew each time. */
type OpenReceiver = () => Promise<Receiver>;

async function withSpool<Result>(
  settings: ReceiverSettings,
  log: Log,
  work: (open: OpenReceiver, transports: readonly ReceivingTransport[]) => Promise<Result>,
): Promise<Result> {
  const world = realWorld(log);
  const { files } = world;
  const spool = `${settings.spool}/receiver`;
  await files.makeDirectory(spool, 0o700);
  const { key } = settings;
  if (key !== undefined) await loadSigner(await readKey(files, key), key);
  const lock = await takeLock(`${spool}/lock`);
  try {
    const transports = settings.transports.map(({ drop: { dir, site = null } }) =>
      dropReceiver(files, { dir, site }),
    );
    const freeSpace = (): Promise<number> => freeSpaceOf(spool);
    const common = { world, settings, spool, transports, groupId, freeSpace };
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
  } finally {
    await lock.release();
  }
}

/** Whom to believe, and what to decrypt with. `trusted` changes when any of it does. */
async function readKeys(
  files: FileSystem,
  { allowedSigners, revokedKeys, identity }: ReceiverSettings,
): Promise<Pick<Opening, "signers" | "revoked" | "identities"> & { trusted: string }> {
  const revoked = revokedKeys === undefined ? "" : await readText(files, revokedKeys);
  const identities =
    identity === undefined ? [] : parseAgeIdentities(await readKey(files, identity), identity);
  const list = await readText(files, allowedSigners);
  return {
    signers: parseAllowedSigners(list, allowedSigners),
    revoked: parseRevokedKeys(revoked, revokedKeys ?? ""),
    identities,
    trusted: [list, revoked, ...identities].join("\n"),
  };
}

async function freeSpaceOf(directory: string): Promise<number> {
  const { bavail, blocks } = await statfs(directory);
  return bavail / blocks;
}

async function groupId(name: string | undefined): Promise<number | null> {
  return name === undefined ? null : await groupIdOf(name);
}
