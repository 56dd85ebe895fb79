// Room in memory for bodies that come, shared fairly: when it is full, the site that has most of it gives
// way, and its largest body is cut. So nobody keeps the others out by sending slowly.

import type { SiteId } from "@siteferry/model";
import type { ListenBounds } from "./listen-bounds.ts";
import { Rejected } from "./rejected.ts";

/** Ends a body that is under way. */
type Cut = (reason: Rejected) => void;

/** What one body holds. */
export interface Held extends Disposable {
  /** Makes room for `bytes` more. @throws Rejected 503, also if it was cut. */
  grow(bytes: number): void;
  /** How to cut it, from now on; null: it has come as a whole, and cutting it would free nothing. */
  whenCut(cut: Cut | null): void;
}

interface Body {
  readonly site: SiteId;
  bytes: number;
  cut: Cut | null;
  isCut: boolean;
}

const againMs = 10_000;

export class Room {
  readonly #bounds: Pick<ListenBounds, "bytesInFlightMax" | "bytesOfSiteMin">;
  readonly #bodies = new Set<Body>();
  #bytes = 0;

  constructor(bounds: Pick<ListenBounds, "bytesInFlightMax" | "bytesOfSiteMin">) {
    this.#bounds = bounds;
  }

  hold(site: SiteId): Held {
    const body: Body = { site, bytes: 0, cut: null, isCut: false };
    this.#bodies.add(body);
    return {
      grow: (bytes) => {
        if (body.isCut) throw noRoom();
        this.#grow(body, bytes);
      },
      whenCut: (cut) => {
        body.cut = cut;
      },
      [Symbol.dispose]: () => {
        this.#bodies.delete(body);
        this.#free(body);
      },
    };
  }

  #grow(body: Body, bytes: number): void {
    body.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#bounds.bytesInFlightMax) {
      const sites = this.#comingBySite(body);
      // A delta gets through, whatever the others do.
      if (sites.get(body.site)! <= this.#bounds.bytesOfSiteMin) return;
      const victim = this.#largestOfLargest(body, sites);
      victim.isCut = true;
      this.#free(victim);
      if (victim === body) throw noRoom();
      victim.cut?.(noRoom());
    }
  }

  /** The bytes of each site that could be had back; what has come as a whole is gone soon anyway. */
  #comingBySite(asking: Body): ReadonlyMap<SiteId, number> {
    const sites = new Map<SiteId, number>();
    for (const body of this.#bodies) {
      if (body.cut === null && body !== asking) continue;
      sites.set(body.site, (sites.get(body.site) ?? 0) + body.bytes);
    }
    return sites;
  }

  /** Of the bodies that can be cut; of equals the one that asks for more. */
  #largestOfLargest(asking: Body, sites: ReadonlyMap<SiteId, number>): Body {
    let victim = asking;
    for (const body of this.#bodies) {
      if (body.cut === null || body.isCut) continue;
      const more = sites.get(body.site)! - sites.get(victim.site)!;
      if (more > 0 || (more === 0 && body.bytes > victim.bytes)) victim = body;
    }
    return victim;
  }

  #free(body: Body): void {
    this.#bytes -= body.bytes;
    body.bytes = 0;
  }
}

function noRoom(): Rejected {
  return new Rejected(503, "Too much is being uploaded at once", { retryAfterMs: againMs });
}
