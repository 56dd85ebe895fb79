// What a bundle is called: kind, site, epoch and sequence. The file name is only a hint for people
// and for sorting; what counts stands in the signed header.

import { parseSiteId, type SiteId } from "./names.ts";

/** `config` and `keyframe` are whole; a `delta` needs its keyframe; `verbatim` is a vendor's dump. */
export type BundleKind = "config" | "keyframe" | "delta" | "verbatim";

export const bundleKinds = ["config", "keyframe", "delta", "verbatim"] as const;

/** One sequence runs through all kinds of a site. Numbers are safe integers. */
export interface BundleIdentity {
  readonly site: SiteId;
  readonly epoch: number;
  readonly sequence: number;
}

export interface BundleName extends BundleIdentity {
  readonly kind: BundleKind;
}

export const bundleSuffix = ".ferry";
const digits = 12;
const namePattern = /^(.+)-(\d{12})-(\d{12})\.(config|keyframe|delta|verbatim)\.ferry$/;

/** `<site>-<epoch>-<sequence>.<kind>.ferry`; zero-padded, so names of one site sort as numbers. */
export function formatBundleName({ site, epoch, sequence, kind }: BundleName): string {
  return `${site}-${pad(epoch)}-${pad(sequence)}.${kind}${bundleSuffix}`;
}

/** What the file name claims, or null if it isn't a bundle's. */
export function parseBundleName(name: string): BundleName | null {
  const [, siteText, epoch, sequence, kind] = namePattern.exec(name) ?? [];
  const site = parseSiteId(siteText ?? "");
  if (site === null) return null;
  return { site, epoch: Number(epoch), sequence: Number(sequence), kind: kind as BundleKind };
}

function pad(number: number): string {
  return String(number).padStart(digits, "0");
}
