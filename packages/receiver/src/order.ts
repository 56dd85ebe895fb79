// The order of bundles, step 8 of the order of trust: what came is compared with the high-water mark
// of its site, which is durable.

import { type BundleIdentity, Refusal } from "@siteferry/model";

/** The newest bundle that was taken in from a site. */
export interface HighWaterMark {
  readonly epoch: number;
  readonly sequence: number;
  /** SHA-512 of its payload. */
  readonly hash: string;
}

/**
 * `duplicate`: the very bundle that was taken in last; it is dropped in silence.
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
    throw new Refusal("sequence-replayed", `${claim} is older than ${known}, which was taken in`);
  }
  if (hash === mark.hash) return "duplicate";
  throw new Refusal(
    "sequence-equivocal",
    `${claim} was taken in with other content: two senders may use one identity`,
  );
}
