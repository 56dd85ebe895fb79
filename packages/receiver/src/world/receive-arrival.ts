// A process that a link starts, sshd for one, with one bundle on its standard input. Many may come in the
// same second, so this begins small: what opens bundles is loaded when there is a place to work.

import { checkUser } from "@siteferry/agent";
import { limits, type Log, type SiteId } from "@siteferry/model";
import type { ReceiverSettings } from "../settings.ts";
import { enterForSite, enterToWork, makePlaces, type Patience, type Place } from "./places.ts";
import { inputPatience, readInput } from "./read-input.ts";

export interface ArrivalBounds extends Patience {
  readonly silenceMs: number;
  readonly wholeMs: number;
}

const usualBounds: ArrivalBounds = { siteMs: 2_000, workMs: 10_000, ...inputPatience };

/** What a process may hold while it waits: a delta, which a slow line may then take its time for. */
const littleBytes = 1024 * 1024;

/**
 * Takes one bundle from `input`, for a site that the link is known to speak for. Returns the receipt,
 * or null for a site to which nothing may go.
 * @throws FerryError `receiver-busy` without a place, `link-timeout`, and what the door throws
 */
export async function receiveArrival(
  settings: ReceiverSettings,
  log: Log,
  site: SiteId,
  input: NodeJS.ReadStream,
  bounds: ArrivalBounds = usualBounds,
): Promise<Uint8Array | null> {
  const spool = `${settings.spool}/receiver`;
  await checkUser(spool);
  await makePlaces(spool);
  await using stack = new AsyncDisposableStack();
  stack.use(await enterForSite(spool, site, bounds));
  let working: Place | null = null;
  const work = async (): Promise<void> => {
    working ??= stack.use(await enterToWork(spool, bounds));
  };
  const inputBounds = { ...bounds, bytesMax: limits.bundleBytesMax };
  const content = await readInput(input, inputBounds, { littleBytes, beforeMore: work });
  await work();
  const { openDoor, openDoorway } = await import("./real-doorway.ts");
  const door = openDoor(await openDoorway(settings, log));
  return await door({ site, from: "stdin", content });
}
