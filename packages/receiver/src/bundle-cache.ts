// Opened bundles that are at hand: from opening to applying within a run, and in the daemon from run
// to run. Bounded by what they inflate to; what isn't here is opened again from the mirror.

import type { OpenedBundle } from "@siteferry/bundle";
import type { HostName, SiteId } from "@siteferry/model";
import type { QuarantinedFile } from "@siteferry/spool";

/** An opened bundle of the kind. */
export type OpenedOf<Kind extends OpenedBundle["kind"]> = Extract<OpenedBundle, { kind: Kind }>;

/** About half of the memory that a receiver may take. */
const inflatedBytesMax = 128 * 1024 * 1024;

/** Of each site and kind the newest bundle; the least recently put goes first. */
export class BundleCache {
  readonly #bundles = new Map<string, OpenedBundle>();
  #inflatedBytes = 0;
  /** The hosts of each site as its claims lie on the disk; of a site that isn't here, they are read. */
  readonly claims: Map<SiteId, ReadonlySet<HostName>> = new Map();
  /** What lay in the quarantine, by path: with 200 sites 20,000 notes, of which few are new in a run. */
  readonly quarantined: Map<string, QuarantinedFile> = new Map();

  put(bundle: OpenedBundle): void {
    const key = keyOf(bundle.header.site, bundle.kind);
    this.#remove(key);
    this.#bundles.set(key, bundle);
    this.#inflatedBytes += bundle.header.inflatedBytes;
    for (const oldest of this.#bundles.keys()) {
      if (this.#inflatedBytes <= inflatedBytesMax) return;
      this.#remove(oldest);
    }
  }

  /** The bundle of this payload; null if another one is here, or none. */
  get<Kind extends OpenedBundle["kind"]>(
    site: SiteId,
    kind: Kind,
    payloadHash: string,
  ): OpenedOf<Kind> | null {
    const bundle = this.#bundles.get(keyOf(site, kind));
    return bundle?.header.payloadHash === payloadHash ? (bundle as OpenedOf<Kind>) : null;
  }

  /** What is rarely needed again makes room at once. */
  drop(site: SiteId, kind: OpenedBundle["kind"]): void {
    this.#remove(keyOf(site, kind));
  }

  #remove(key: string): void {
    this.#inflatedBytes -= this.#bundles.get(key)?.header.inflatedBytes ?? 0;
    this.#bundles.delete(key);
  }
}

function keyOf(site: SiteId, kind: string): string {
  return `${site} ${kind}`;
}
