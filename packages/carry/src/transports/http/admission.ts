// Who may upload now: few uploads a site, and no more bytes in memory than are allowed for all. Bytes
// count when they have come, so that a site that only promises a large body takes no room.

import type { SiteId } from "@siteferry/model";
import type { ListenBounds } from "./listen-bounds.ts";
import { Rejected } from "./rejected.ts";

/** A place that a site holds while it uploads. */
export interface Place extends Disposable {
  /** Makes room for `bytes` more. @throws Rejected 503 */
  grow(bytes: number): void;
}

/** What a site does at the moment: how many upload, and the one that waits for its turn. */
interface Uploads {
  count: number;
  next: (() => void) | null;
}

const turnAgainMs = 30_000;
const roomAgainMs = 10_000;

export class Admission {
  readonly #bounds: Pick<ListenBounds, "bytesInFlightMax" | "turnMs" | "uploadsPerSiteMax">;
  readonly #sites = new Map<SiteId, Uploads>();
  #bytes = 0;

  constructor(bounds: Pick<ListenBounds, "bytesInFlightMax" | "turnMs" | "uploadsPerSiteMax">) {
    this.#bounds = bounds;
  }

  /** @throws Rejected 429 if the site uploads too much already, 503 if there is no room for anybody. */
  async enter(site: SiteId): Promise<Place> {
    if (this.#bytes >= this.#bounds.bytesInFlightMax) throw noRoom();
    const uploads = this.#sites.get(site) ?? { count: 0, next: null };
    this.#sites.set(site, uploads);
    // Whoever leaves hands its place on.
    if (uploads.count >= this.#bounds.uploadsPerSiteMax) await this.#turn(site, uploads);
    else uploads.count += 1;
    let held = 0;
    return {
      grow: (bytes) => {
        if (this.#bytes + bytes > this.#bounds.bytesInFlightMax) throw noRoom();
        this.#bytes += bytes;
        held += bytes;
      },
      [Symbol.dispose]: () => {
        this.#bytes -= held;
        this.#leave(site, uploads);
      },
    };
  }

  async #turn(site: SiteId, uploads: Uploads): Promise<void> {
    const late = new Rejected(429, `Other uploads of ${site} are under way`, {
      retryAfterMs: turnAgainMs,
    });
    // One may wait, so that nobody overtakes it.
    if (uploads.next !== null) throw late;
    const turn = Promise.withResolvers<void>();
    uploads.next = turn.resolve;
    const timer = setTimeout(() => {
      uploads.next = null;
      turn.reject(late);
    }, this.#bounds.turnMs);
    await turn.promise.finally(() => clearTimeout(timer));
  }

  #leave(site: SiteId, uploads: Uploads): void {
    const { next } = uploads;
    uploads.next = null;
    if (next !== null) return next();
    uploads.count -= 1;
    if (uploads.count === 0) this.#sites.delete(site);
  }
}

function noRoom(): Rejected {
  return new Rejected(503, "Too much is being uploaded at once", { retryAfterMs: roomAgainMs });
}
