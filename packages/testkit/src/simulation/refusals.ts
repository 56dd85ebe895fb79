// Which refusals are just. Each is matched to the very file that was refused and to what was done to it on
// its way; one that came as its site had sealed it needs an excuse in clocks, keys, order or deaths.

import type { BundleHeader } from "@siteferry/bundle";
import { limits, type RefusalCode } from "@siteferry/model";
import { isBefore, type Place } from "./place.ts";

/** Where a file came from, and what the link made of it. */
export type Origin =
  | { readonly kind: "honest"; readonly header: BundleHeader }
  | { readonly kind: "damaged" }
  | { readonly kind: "forged"; readonly inOwnName: boolean };

/** What the centre knew when it refused. */
export interface Circumstances {
  /** By its clock. */
  readonly nowMs: number;
  /** Its site's line was missing in allowed_signers. */
  readonly keyLost: boolean;
  /** Runs that ended while they opened this very file. */
  readonly interruptions: number;
  /** How many epochs the site ever began. */
  readonly epochs: number;
  /** Of the site, from its record; null: nothing was taken in yet. */
  readonly mark: Place | null;
  readonly keyframe: Place | null;
}

export function isJust(code: RefusalCode, origin: Origin, then: Circumstances): boolean {
  if (code === "bundle-poisonous") return then.interruptions >= 2;
  switch (origin.kind) {
    case "honest":
      return excuses[code]?.(origin.header, then) ?? false;
    case "damaged":
      return ofDamage.has(code);
    case "forged":
      return (origin.inOwnName ? ofForeignHost : ofForeignName).has(code);
  }
}

const excuses: Partial<Record<RefusalCode, (file: BundleHeader, then: Circumstances) => boolean>> =
  {
    "key-unknown": (_, { keyLost }) => keyLost,
    "created-in-future": ({ createdMs }, { nowMs }) => createdMs > nowMs + limits.clockSkewMaxMs,
    "bundle-expired": ({ expiresMs }, { nowMs }) => expiresMs <= nowMs,
    "epoch-future": ({ epoch }, { nowMs }) => epoch * 1000 > nowMs + limits.clockSkewMaxMs,
    // An old copy, or the clock was ahead when the epoch of the mark began.
    "epoch-old": ({ epoch }, { mark }) => mark !== null && epoch < mark.epoch,
    // Each start of a machine begins one, and a restored one may still ship an older one's.
    "epoch-churn": ({ epoch }, { mark, epochs }) =>
      mark !== null && epoch > mark.epoch && epochs > limits.epochsPerDayMax,
    // The first keyframe was lost, and a delta came through.
    "epoch-without-keyframe": ({ epoch, kind }, { mark }) =>
      kind === "delta" && mark !== null && epoch > mark.epoch,
    // Only once its order was forgotten the keyframe of a site may be beyond its mark.
    "delta-base": ({ kind }, { mark, keyframe }) => kind === "delta" && isBefore(mark, keyframe),
  };

/** Of the steps up to the signature: nothing of a damaged file gets further. */
const ofDamage: ReadonlySet<RefusalCode> = new Set([
  "bundle-not-one",
  "bundle-truncated",
  "key-unknown",
  "key-of-another-site",
  "bundle-flags",
  "codec-unknown",
  "bundle-trailing",
  "payload-damaged",
  "recipient-other",
  "site-other",
  "signature-form",
  "signature-namespace",
  "signature-bad",
]);

const ofForeignName: ReadonlySet<RefusalCode> = new Set(["key-unknown", "key-of-another-site"]);

/** A site's own key and name, but another one's host. */
const ofForeignHost: ReadonlySet<RefusalCode> = new Set([
  "key-unknown",
  "created-in-future",
  "epoch-old",
  "epoch-future",
  "epoch-churn",
  "sequence-equivocal",
  "encryption-missing",
  "host-not-owned",
]);
