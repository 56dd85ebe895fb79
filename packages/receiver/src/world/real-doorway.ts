// The door in the real world, for the daemon's listeners and for a process that a link starts.

import { stat, statfs } from "node:fs/promises";
import { readKey, realWorld } from "@siteferry/agent";
import { loadSigner } from "@siteferry/bundle";
import { dropReceiver } from "@siteferry/carry/contract";
import { FerryError, limits, type Log, Refusal, type SiteId } from "@siteferry/model";
import { type Doorway, openDoor, openDoorDirectories } from "../door.ts";
import { type Imported, importStick } from "../import-stick.ts";
import type { ReceiverSettings } from "../settings.ts";
import { readSigners } from "./read-keys.ts";

/** @throws FerryError `key-unusable` if receiver.yaml names a key that can't be used. */
export async function openDoorway(settings: ReceiverSettings, log: Log): Promise<Doorway> {
  const world = realWorld(log);
  const { files } = world;
  const spool = `${settings.spool}/receiver`;
  const { key } = settings;
  const signer = key === undefined ? null : await loadSigner(await readKey(files, key), key);
  await openDoorDirectories(world, spool);
  return {
    world,
    settings,
    spool,
    signer,
    freeSpace: () => freeSpaceOf(spool),
    readKeys: () => readSigners(files, settings),
  };
}

/**
 * Takes one bundle from `input`, for a site that the link is known to speak for. Returns the receipt,
 * or null for a site to which nothing may go.
 */
export async function receiveArrival(
  settings: ReceiverSettings,
  log: Log,
  site: SiteId,
  input: NodeJS.ReadStream,
): Promise<Uint8Array | null> {
  const doorway = await openDoorway(settings, log);
  await checkUser(doorway);
  const door = openDoor(doorway);
  const content = await readWhole(input);
  return await door({ site, from: "stdin", content });
}

/** What another user leaves in the spool, root for one, the receiver can't read. */
export async function checkUser({ spool }: Doorway): Promise<void> {
  const { uid } = await stat(spool);
  if (process.getuid?.() === uid) return;
  throw new FerryError(
    "settings-invalid",
    `${spool} belongs to the user ${uid}: run this as that one`,
  );
}

/** Takes in all bundles that lie in `dir`, such as a stick that somebody brought. They stay there. */
export async function importFrom(
  settings: ReceiverSettings,
  log: Log,
  dir: string,
): Promise<Imported> {
  const doorway = await openDoorway(settings, log);
  await checkUser(doorway);
  return await importStick(doorway, dropReceiver(doorway.world.files, { dir, site: null }));
}

/** A link that says nothing for so long is dead; its process mustn't stay. */
const silenceMaxMs = 120_000;

export async function readWhole(
  input: NodeJS.ReadStream,
  bytesMax: number = limits.bundleBytesMax,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  const silence = setTimeout(() => {
    const seconds = silenceMaxMs / 1000;
    input.destroy(new FerryError("link-timeout", `Nothing came on stdin for ${seconds} s`));
  }, silenceMaxMs);
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      silence.refresh();
      length += chunk.length;
      if (length > bytesMax) {
        throw new Refusal("bundle-too-large", `More than ${bytesMax} bytes came on stdin`);
      }
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(silence);
  }
  return Buffer.concat(chunks);
}

/** The share that is free, from 0 to 1. */
export async function freeSpaceOf(directory: string): Promise<number> {
  const { bavail, blocks } = await statfs(directory);
  return bavail / blocks;
}
