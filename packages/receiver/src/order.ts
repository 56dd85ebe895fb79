// The order of bundles, step 8 of the order of trust: what came is compared with the high-water mark
// of its site, which is durable. Pure.

import { type BundleIdentity, type BundleKind, limits, Refusal } from "@siteferry/model";

/** The newest bundle that was taken in from a site, and what led to it. */
export interface HighWaterMark {
  readonly epoch: number;
  readonly sequence: number;
  /** SHA-512 of its payload. */
  readonly hash: string;
  /** The hashes of those that were taken in before it, newest first. */
  readonly earlier: readonly string[];
  /** Numbers of this epoch that were passed over and never came. */
  readonly missed: number;
  /** When this epoch and those before it began here, newest first; milliseconds since 1970. */
  readonly epochsMs: readonly number[];
  /** Epochs of the future that the operator had forgotten: what is left of them is never taken. */
  readonly banned?: readonly number[];
}

export interface OrderedBundle extends BundleIdentity {
  readonly kind: BundleKind;
  readonly hash: string;
}

/** Transports deliver at least once, so an older bundle may honestly come again for a while. */
const earlierMax = 32;
const dayMs = 24 * 3600 * 1000;

/** No sender's: of a site whose numbers the operator had forgotten. */
export const forgottenEpoch = 0;
const bannedMax = 8;

/**
 * The mark by which a site may come with any epoch. One of the future is banned: what still travels of it
 * would bring it back once the clock has reached it.
 */
export function forgetEpoch(mark: HighWaterMark, nowMs: number): HighWaterMark {
  const banned = mark.epoch * 1000 > nowMs ? [mark.epoch] : [];
  return {
    ...mark,
    epoch: forgottenEpoch,
    sequence: 0,
    missed: 0,
    epochsMs: [],
    banned: [...banned, ...(mark.banned ?? [])].slice(0, bannedMax),
  };
}

/** The mark after a new bundle. */
export function advance(
  mark: HighWaterMark | null,
  { epoch, sequence, hash }: OrderedBundle,
  nowMs: number,
): HighWaterMark {
  const before = mark?.epoch === epoch ? mark : null;
  const earlier = mark === null ? [] : [mark.hash, ...mark.earlier].slice(0, earlierMax);
  const epochsMs = mark?.epochsMs ?? [];
  return {
    epoch,
    sequence,
    hash,
    earlier,
    missed: before === null ? 0 : before.missed + missedBetween(before, { epoch, sequence }),
    epochsMs: before === null ? [nowMs, ...epochsMs].slice(0, limits.epochsPerDayMax) : epochsMs,
    banned: mark?.banned ?? [],
  };
}

/** How many numbers a newer bundle passes over; of a new epoch nobody knows. */
export function missedBetween(
  mark: HighWaterMark,
  { epoch, sequence }: Pick<OrderedBundle, "epoch" | "sequence">,
): number {
  return epoch === mark.epoch ? Math.max(0, sequence - mark.sequence - 1) : 0;
}

/**
 * Whether a silence explains passed-over numbers: while a link is down, the sender numbers on, and what a newer
 * bundle supersedes never travels. A run takes up to two numbers. A single run that is missing is no silence: that is
 * how a link looks that loses a bundle. What comes at the end of the silence comes
 * together, and may have gaps of its own.
 */
export function isFromSilence(
  passed: number,
  keptMs: readonly number[],
  intervalMs: number,
  nowMs: number,
): boolean {
  const before = keptMs.findLast((one) => nowMs - one > intervalMs / 2);
  if (before === undefined) return false;
  const silentRuns = Math.round((nowMs - before) / intervalMs) - 1;
  return silentRuns > 1 && passed <= 2 * silentRuns + 2;
}

/** The mark after a bundle that came later than its number, and was wanted all the same. */
export function fillGap(mark: HighWaterMark, { hash }: OrderedBundle): HighWaterMark {
  const earlier = [hash, ...mark.earlier].slice(0, earlierMax);
  return { ...mark, earlier, missed: Math.max(0, mark.missed - 1) };
}

/**
 * `duplicate`: one of the very bundles that were taken in last; it is dropped in silence. Its payload
 * names its site and numbers, so an equal hash says that they are equal, too. `late`: a number that
 * was passed over; the caller knows whether it is still of use.
 * @throws Refusal `sequence-equivocal`, `sequence-jump`, `epoch-old`, `epoch-future`,
 *   `epoch-without-keyframe`, `epoch-churn`
 */
export function judgeOrder(
  mark: HighWaterMark | null,
  bundle: OrderedBundle,
  nowMs: number,
): "new" | "duplicate" | "late" {
  const { epoch, sequence, hash } = bundle;
  if (mark !== null && (hash === mark.hash || mark.earlier.includes(hash))) return "duplicate";
  if (mark?.banned?.includes(epoch) === true) {
    throw new Refusal(
      "epoch-old",
      `${claimOf(bundle)} is of an epoch that the operator had forgotten`,
    );
  }
  if (mark === null || epoch > mark.epoch) {
    // Of a site of which nothing is known, a delta simply waits for its keyframe, and any number is the first.
    if (mark !== null && mark.epoch !== forgottenEpoch) {
      if (bundle.kind === "delta") {
        const problem = "begins an epoch with a delta";
        throw new Refusal("epoch-without-keyframe", `${claimOf(bundle)} ${problem}`);
      }
      checkJump(bundle, 0);
    }
    checkNewEpoch(mark, bundle, nowMs);
    return "new";
  }
  if (epoch < mark.epoch) {
    throw new Refusal("epoch-old", `${claimOf(bundle)} is of an epoch before ${mark.epoch}`);
  }
  if (sequence < mark.sequence) return "late";
  if (sequence > mark.sequence) {
    checkJump(bundle, mark.sequence);
    return "new";
  }
  throw new Refusal(
    "sequence-equivocal",
    `${claimOf(bundle)} was taken in with other content: two senders may use one identity`,
  );
}

/** The refusal of a late bundle that nobody waits for. */
export function replayed(mark: HighWaterMark, bundle: OrderedBundle): Refusal {
  const known = `number ${mark.sequence}, which was taken in`;
  return new Refusal("sequence-replayed", `${claimOf(bundle)} is older than ${known}`);
}

function checkNewEpoch(mark: HighWaterMark | null, bundle: OrderedBundle, nowMs: number): void {
  const claim = claimOf(bundle);
  if (bundle.epoch * 1000 > nowMs + limits.clockSkewMaxMs) {
    throw new Refusal(
      "epoch-future",
      `${claim} began in the future: remove the sender's state "numbering" once its clock is right`,
    );
  }
  const today = (mark?.epochsMs ?? []).filter((atMs) => atMs > nowMs - dayMs);
  if (today.length >= limits.epochsPerDayMax) {
    throw new Refusal(
      "epoch-churn",
      `${claim} is one of more than ${limits.epochsPerDayMax} new epochs a day: does the sender lose its state?`,
    );
  }
}

function checkJump(bundle: OrderedBundle, from: number): void {
  if (bundle.sequence - from <= limits.sequenceJumpMax) return;
  throw new Refusal("sequence-jump", `${claimOf(bundle)} jumps from number ${from}`);
}

function claimOf({ site, epoch, sequence }: OrderedBundle): string {
  return `${site} epoch ${epoch} number ${sequence}`;
}
