// The order of bundles, step 8 of the order of trust: what came is compared with the high-water mark
// of its site, which is durable.

import { type BundleIdentity, Refusal } from "@siteferry/model";

/** The newest bundle that was taken in from a site. */
export interface HighWaterMark {
  readonly epoch: number;
  readonly sequence: number;
  /** SHA-512 of its payload. */
  readonly hash: string;
  /** The hashes of those that were taken in before it, newest first. */
  readonly earlier: readonly string[];
}

/** Transports deliver at least once, so an older bundle may honestly come again for a while. */
const earlierMax = 32;

/** The mark after a new bundle. */
export function advance(
  mark: HighWaterMark | null,
  { epoch, sequence, hash }: Omit<HighWaterMark, "earlier">,
): HighWaterMark {
  const earlier = mark === null ? [] : [mark.hash, ...mark.earlier].slice(0, earlierMax);
  return { epoch, sequence, hash, earlier };
}

/**
 * `duplicate`: one of the very bundles that were taken in last; it is dropped in silence. Its payload
 * names its site and numbers, so an equal hash says that they are equal, too.
 * @throws Refusal `sequence-replayed` or `sequence-equivocal`
 */
export function judgeOrder(
  mark: HighWaterMark | null,
  { site, epoch, sequence, hash }: BundleIdentity & { readonly hash: string },
): "new" | "duplicate" {
  if (mark === null || epoch > mark.epoch) return "new";
  if (epoch === mark.epoch && sequence > mark.sequence) return "new";
  const claim = `${site} epoch ${epoch} number ${sequence}`;
  const known = `epoch ${mark.epoch} number ${mark.sequence}`;
  if (epoch < mark.epoch || sequence < mark.sequence) {
    if (mark.earlier.includes(hash)) return "duplicate";
    throw new Refusal("sequence-replayed", `${claim} is older than ${known}, which was taken in`);
  }
  if (hash === mark.hash) return "duplicate";
  throw new Refusal(
    "sequence-equivocal",
    `${claim} was taken in with other content: two senders may use one identity`,
  );
}
