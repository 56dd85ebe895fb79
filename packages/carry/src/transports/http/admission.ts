// Who may upload now: few uploads a site, and no more bytes in memory than there is room for. Bytes
// count when they have come, so that a site that only promises a large body takes no room.

import type { SiteId } from "@siteferry/model";
import type { ListenBounds } from "./listen-bounds.ts";
import { Rejected } from "./rejected.ts";
import { type Held, Room } from "./room.ts";

/** A place that a site holds while it uploads. */
export type Place = Held;

type Bounds = Pick<
  ListenBounds,
  "bytesInFlightMax" | "bytesOfSiteMin" | "turnMs" | "uploadsPerSiteMax"
>;

/** What a site does at the moment: how many upload, and the one that waits for its turn. */
interface Uploads {
  count: number;
  next: (() => void) | null;
}

const turnAgainMs = 30_000;

export class Admission {
  readonly #bounds: Bounds;
  readonly #sites = new Map<SiteId, Uploads>();
  readonly #room: Room;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#room = new Room(bounds);
  }

  /** @throws Rejected 429 if the site uploads too much already. */
  async enter(site: SiteId): Promise<Place> {
    const uploads = this.#sites.get(site) ?? { count: 0, next: null };
    this.#sites.set(site, uploads);
    // Whoever leaves hands its place on.
    if (uploads.count >= this.#bounds.uploadsPerSiteMax) await this.#turn(site, uploads);
    else uploads.count += 1;
    const held = this.#room.hold(site);
    return {
      ...held,
      [Symbol.dispose]: () => {
        held[Symbol.dispose]();
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
