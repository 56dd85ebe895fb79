// The door in the real world, for the daemon's listeners and for a process that a link starts.

import { statfs } from "node:fs/promises";
import { readKey, realWorld } from "@siteferry/agent";
import { loadSigner } from "@siteferry/bundle";
import { dropReceiver } from "@siteferry/carry/contract";
import { explain, limits, type Log, printable } from "@siteferry/model";
import { type Doorway, letIn, openDoorDirectories } from "../door.ts";
import type { ReceiverSettings } from "../settings.ts";
import { aloneForSite, makePlaces } from "./places.ts";
import { readSigners } from "./read-keys.ts";
import { checkUser } from "./receive-arrival.ts";

export { openDoor } from "../door.ts";

/** @throws FerryError `key-unusable` if receiver.yaml names a key that can't be used. */
export async function openDoorway(settings: ReceiverSettings, log: Log): Promise<Doorway> {
  const world = realWorld(log);
  const { files } = world;
  const spool = `${settings.spool}/receiver`;
  const { key } = settings;
  const signer = key === undefined ? null : await loadSigner(await readKey(files, key), key);
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

export interface Imported {
  readonly taken: readonly string[];
  readonly refused: readonly {
    readonly name: string;
    readonly code: string;
    readonly message: string;
  }[];
  /** Files that may be taken another time: no room, or they can't be read. */
  readonly failed: readonly {
    readonly name: string;
    readonly code: string;
    readonly message: string;
  }[];
}

/** Takes in all bundles that lie in `dir`, such as a stick that somebody brought. They stay there. */
export async function importFrom(
  settings: ReceiverSettings,
  log: Log,
  dir: string,
): Promise<Imported> {
  const doorway = await openDoorway(settings, log);
  await checkUser(doorway.spool);
  const taken: string[] = [];
  const refused: Imported["refused"][number][] = [];
  const failed: Imported["failed"][number][] = [];
  const stick = dropReceiver(doorway.world.files, { dir, site: null });
  for (const file of await stick.incoming(limits.arrivalsPerSiteMax)) {
    const name = printable(file.name);
    try {
      await letIn(doorway, { site: null, from: file.from, content: await file.read() });
      taken.push(name);
    } catch (error) {
      const { kind, code, message } = explain(error, `Reading ${file.from}`);
      (kind === "refused" ? refused : failed).push({ name, code, message });
    }
  }
  return { taken, refused, failed };
}

/** The share that is free, from 0 to 1. */
export async function freeSpaceOf(directory: string): Promise<number> {
  const { bavail, blocks } = await statfs(directory);
  return bavail / blocks;
}
