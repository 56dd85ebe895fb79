// One request, from its first line to what it is answered with. The order is the point: path, login,
// length, place, body, door.

import type { IncomingMessage } from "node:http";
import { explain, FerryError, limits, printable, type SiteId } from "@siteferry/model";
import { Busy, type Door } from "../../transport.ts";
import { checkAccess, type Shown, type SiteAccess } from "./access.ts";
import type { Admission } from "./admission.ts";
import type { ListenBounds } from "./listen-bounds.ts";
import { peerOf } from "./peer.ts";
import { checkLength, receiveBody } from "./receive-body.ts";
import { Rejected } from "./rejected.ts";
import { routeOf } from "./route.ts";

/** What requests are taken with. */
export interface Taking {
  readonly door: Door;
  readonly admission: Admission;
  readonly bounds: ListenBounds;
  readonly access: () => ReadonlyMap<SiteId, SiteAccess>;
  readonly shown: (request: IncomingMessage) => Shown;
  readonly warn: (failure: FerryError) => void;
}

/** What goes back when all is well; null for an answer without content. */
export type Content = Uint8Array | null;

const busyAgainMs = 60_000;

/**
 * @param proceed lets the client send the body, if it waits for that.
 * @throws Rejected, and Gone if there is nobody to answer any more.
 */
export async function takeRequest(
  request: IncomingMessage,
  proceed: () => void,
  { door, admission, bounds, access, shown, warn }: Taking,
): Promise<Content> {
  const route = routeOf(request.method ?? "", request.url ?? "");
  if (route.kind === "health") return Buffer.from("ok\n");
  const { site } = route;
  const from = peerOf(request);
  try {
    checkAccess(access(), site, shown(request));
  } catch (error) {
    if (error instanceof Rejected) warn(loginRefused(from, site, error));
    throw error;
  }
  if (route.kind === "access") return Buffer.from("ok\n");
  checkLength(request);
  using place = await admission.enter(site);
  proceed();
  const content = await receiveBody(request, place, bounds);
  return await door({ from, site, content }).catch((error: unknown) => {
    const failure = explain(error, `Taking what ${from} sent for ${site}`);
    // Nothing of it stays: only the log tells the centre. The site hears what it can do something about.
    warn(failure);
    throw failure.code === "internal-error" ? error : rejectionOf(failure);
  });
}

function loginRefused(from: string, site: SiteId, { message }: Rejected): FerryError {
  return new FerryError("login-refused", `${from} came as ${site}: ${message}`);
}

function rejectionOf(error: FerryError): Rejected {
  const { code } = error;
  const message = printable(error.message, limits.receiptBytesMax / 4);
  if (error.kind === "refused") return new Rejected(422, message, { code });
  const asked = error instanceof Busy ? error.retryAfterMs : null;
  const retryAfterMs = asked ?? busyAgainMs;
  return new Rejected(503, "Not now: the centre's log says why", { retryAfterMs });
}
