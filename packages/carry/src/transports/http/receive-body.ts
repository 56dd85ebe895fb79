// The body of a request into memory: bounded in size, and in how slowly it may come.

import type { IncomingMessage } from "node:http";
import { limits } from "@siteferry/model";
import { Gathered } from "../../gathered.ts";
import type { Place } from "./admission.ts";
import type { ListenBounds } from "./listen-bounds.ts";
import { Rejected } from "./rejected.ts";

/** @throws Rejected 411, 413: what the headers say is enough to refuse it. */
export function checkLength({ headers }: IncomingMessage): void {
  const length = headers["content-length"];
  if (length === undefined && headers["transfer-encoding"] === undefined) {
    throw new Rejected(411, "A bundle has a length");
  }
  if (Number(length ?? 0) > limits.bundleBytesMax) throw tooLarge();
}

/** The sender is gone: there is nobody to answer. */
export class Gone extends Error {}

/** @throws Rejected 408, 413, 503; Gone */
export async function receiveBody(
  request: IncomingMessage,
  place: Place,
  { bodyTickMs, bodyBytesPerTickMin }: ListenBounds,
): Promise<Uint8Array<ArrayBuffer>> {
  // It may have left while it waited for its turn.
  if (request.destroyed) throw new Gone();
  const body = new Gathered();
  let bytesAtTick = 0;
  const done = Promise.withResolvers<void>();
  request.on("data", (piece: Buffer) => {
    try {
      if (body.length + piece.length > limits.bundleBytesMax) throw tooLarge();
      place.grow(piece.length);
      body.add(piece);
    } catch (error) {
      done.reject(error);
    }
  });
  place.whenCut(done.reject);
  request.on("end", () => {
    place.whenCut(null);
    done.resolve();
  });
  request.on("error", () => done.reject(new Gone()));
  request.on("close", () => done.reject(new Gone()));
  const ticks = setInterval(() => {
    if (body.length - bytesAtTick < bodyBytesPerTickMin) {
      done.reject(new Rejected(408, "The body comes too slowly"));
    }
    bytesAtTick = body.length;
  }, bodyTickMs);
  try {
    await done.promise;
    return body.bytes();
  } finally {
    clearInterval(ticks);
    request.removeAllListeners("data");
  }
}

function tooLarge(): Rejected {
  return new Rejected(413, `A bundle has at most ${limits.bundleBytesMax} bytes`);
}
