// The door in the real world, for the daemon's listeners and for a process that a link starts.

import { statfs } from "node:fs/promises";
import { checkUser, readKey, realWorld } from "@siteferry/agent";
import { loadSigner } from "@siteferry/bundle";
import { dropReceiver } from "@siteferry/carry/contract";
import type { Log, Progress } from "@siteferry/model";
import { type Doorway, openDoorDirectories } from "../door.ts";
import { type Imported, importStick } from "../import-stick.ts";
import type { ReceiverSettings } from "../settings.ts";
import { aloneForSite, makePlaces } from "./places.ts";
import { readSigners } from "./read-keys.ts";

export { openDoor } from "../door.ts";

/**
 * @throws FerryError `key-unusable` if receiver.yaml names a key that can't be used, `settings-invalid` if the
 *   spool is another user's
 */
export async function openDoorway(
  settings: ReceiverSettings,
  log: Log,
  progress: Progress | null = null,
): Promise<Doorway> {
  const world = realWorld(log, progress);
  const { files } = world;
  const spool = `${settings.spool}/receiver`;
  const { key } = settings;
  const signer = key === undefined ? null : await loadSigner(await readKey(files, key), key);
  await checkUser(spool);
  await openDoorDirectories(world, spool);
  await makePlaces(spool);
  return {
    world,
    settings,
    spool,
    signer,
    freeSpace: () => freeSpaceOf(spool),
    readKeys: () => readSigners(files, settings),
    alone: async (site, work) => await aloneForSite(spool, site, work),
  };
}

/** Takes in all bundles that lie in `dir`, such as a stick that somebody brought. They stay there. */
export async function importFrom(
  settings: ReceiverSettings,
  log: Log,
  dir: string,
  progress: Progress | null = null,
): Promise<Imported> {
  const doorway = await openDoorway(settings, log, progress);
  return await importStick(doorway, dropReceiver(doorway.world.files, { dir, site: null }));
}

/** The share that is free, from 0 to 1. */
export async function freeSpaceOf(directory: string): Promise<number> {
  const { bavail, blocks } = await statfs(directory);
  return bavail / blocks;
}
