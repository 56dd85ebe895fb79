// livedump at the door in the real world: from standard input, as a text or as a message. What comes is
// unsigned, and believed because the operator said that this link speaks for the site.

import { readKey } from "@siteferry/agent";
import { loadSigner, realPace } from "@siteferry/bundle";
import { Busy } from "@siteferry/carry/contract";
import { FerryError, limits, type Log, Refusal, type SiteId, type World } from "@siteferry/model";
import { waitForLock } from "@siteferry/spool";
import { letIn } from "../door.ts";
import {
  bundleOfLivedump,
  checkLivedumpAllowed,
  type LivedumpCentre,
  livedumpDirectory,
} from "../livedump/take-livedump.ts";
import type { ReceiverSettings } from "../settings.ts";
import { enterForSite, enterToWork, makePlaces } from "./places.ts";
import { inputPatience, readInput } from "./read-input.ts";
import { openDoorway } from "./real-doorway.ts";

/** How long a delivery waits for its place, and for another one of its site: nobody sends it again. */
const patienceMs = 60_000;

/** Takes one dump from `input`. When it returns, its bundle is durable among the arrivals. */
export async function receiveLivedump(
  settings: ReceiverSettings,
  log: Log,
  site: SiteId,
  input: NodeJS.ReadStream,
): Promise<void> {
  await receiveText(settings, log, site, async () => await read(input, limits.livedumpBytesMax));
}

/** Takes one message from `input`, for a mail server: the dump is its text. */
export async function receiveLivedumpMail(
  settings: ReceiverSettings,
  log: Log,
  site: SiteId,
  input: NodeJS.ReadStream,
): Promise<void> {
  const { messageBytesMax, readBody, withoutEnvelopeLine } = await import("@siteferry/carry");
  await receiveText(settings, log, site, async () => {
    const body = await readBody(withoutEnvelopeLine(await read(input, messageBytesMax)));
    if (body instanceof Uint8Array) return body;
    throw new FerryError("livedump-invalid", `The message can't be used: ${body.problem}`);
  });
}

async function receiveText(
  settings: ReceiverSettings,
  log: Log,
  site: SiteId,
  readText: () => Promise<Uint8Array>,
): Promise<void> {
  const doorway = await openDoorway(settings, log);
  const { spool } = doorway;
  checkLivedumpAllowed(doorway, site);
  await makePlaces(spool);
  const patience = { siteMs: patienceMs, workMs: patienceMs };
  await using stack = new AsyncDisposableStack();
  stack.use(await enterForSite(spool, site, patience));
  // Before the lock: a link that hangs keeps no other delivery waiting.
  const text = await readText();
  stack.use(await enterToWork(spool, patience));
  await withSiteLock(doorway, site, async () => {
    const content = await bundleOfLivedump(doorway, site, text, realPace());
    await letIn(doorway, { site, from: "livedump", content });
  });
}

/** For the receiver's own mailboxes: the bundle of a text, whose way into the inbox is the caller's. */
export function livedumpSealer(
  world: World,
  settings: ReceiverSettings,
  spool: string,
): (site: SiteId, text: Uint8Array) => Promise<Uint8Array<ArrayBuffer>> {
  const { key } = settings;
  return async (site, text) => {
    const signer =
      key === undefined ? null : await loadSigner(await readKey(world.files, key), key);
    const centre = { world, settings, spool, signer };
    return await withSiteLock(centre, site, () => bundleOfLivedump(centre, site, text, realPace()));
  };
}

/** One delivery of a site at a time: from its number to its arrival. */
async function withSiteLock<Result>(
  { world, spool }: Pick<LivedumpCentre, "world" | "spool">,
  site: SiteId,
  work: () => Promise<Result>,
): Promise<Result> {
  const directory = livedumpDirectory(spool, site);
  await world.files.makeDirectory(directory, 0o700);
  const lock = await waitForLock(`${directory}/lock`, patienceMs);
  if (lock === null) throw new Busy(`Another dump of ${site} is being taken in`, null);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function read(input: NodeJS.ReadStream, bytesMax: number): Promise<Uint8Array> {
  try {
    return await readInput(input, { ...inputPatience, bytesMax });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new FerryError("livedump-invalid", error.message, { cause: error });
  }
}
