// The door in the real world, for the daemon's listeners and for a process that a link starts.

import { statfs } from "node:fs/promises";
import { readKey, realWorld } from "@siteferry/agent";
import { loadSigner } from "@siteferry/bundle";
import { FerryError, limits, type Log, Refusal, type SiteId } from "@siteferry/model";
import { type Doorway, openDoor, openDoorDirectories } from "../door.ts";
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
  const door = openDoor(await openDoorway(settings, log));
  const content = await readWhole(input);
  return await door({ site, from: "stdin", content });
}

/** A link that says nothing for so long is dead; its process mustn't stay. */
const silenceMaxMs = 120_000;

async function readWhole(input: NodeJS.ReadStream): Promise<Uint8Array<ArrayBuffer>> {
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
      if (length > limits.bundleBytesMax) {
        const most = limits.bundleBytesMax;
        throw new Refusal("bundle-too-large", `More than ${most} bytes came on stdin`);
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
