// Steps 1 to 7 of the order of trust: everything that can be known of a bundle without decrypting,
// inflating or parsing any of it. Each step sees only what the one before has passed.

import { createHash } from "node:crypto";
import { limits, printable, Refusal, type SiteId } from "@siteferry/model";
import type { AllowedSigner, SignerList } from "./allowed-signers.ts";
import {
  checkOutline,
  claimedSigner,
  decodeHeader,
  headerBytes,
  payloadOffset,
  type BundleHeader,
} from "./header.ts";
import { checkSignature } from "./sshsig.ts";

declare const verified: unique symbol;

/** A bundle whose header is true; its payload is still closed. Only {@link verify} makes one. */
export interface VerifiedEnvelope {
  readonly [verified]: true;
  readonly header: BundleHeader;
  readonly payload: Uint8Array;
}

/** What the centre believes in. */
export interface Trust {
  /** The centre's own name, which must be the recipient. */
  readonly centre: SiteId;
  readonly signers: SignerList;
  /** Ids of keys that are not believed, whatever `signers` says; absent: none. */
  readonly revoked?: ReadonlySet<string>;
  /** Milliseconds since 1970. For a kept bundle: when it was made. */
  readonly nowMs: number;
  /** The only site that the transport may speak for; absent: any. */
  readonly siteOfTransport?: SiteId;
}

/**
 * Steps 1 to 7. `bytes` must not change afterwards. Refuses, in this order, with
 * `bundle-too-large`, `bundle-not-one`, `bundle-truncated`; `key-revoked`, `key-unknown`, `key-of-another-site`,
 * `key-expired`; `bundle-flags`, `codec-unknown`; `bundle-truncated`, `bundle-trailing`,
 * `payload-damaged`; `recipient-other`, `site-other`; `signature-form`, `signature-namespace`,
 * `signature-bad`; `created-in-future`, `bundle-expired`.
 */
export async function verify(bytes: Uint8Array, trust: Trust): Promise<VerifiedEnvelope> {
  checkOutline(bytes);
  const signer = pinnedSigner(bytes, trust);
  const header = decodeHeader(bytes);
  const payload = bytes.subarray(payloadOffset);
  checkPayload(header, payload);
  checkAddress(header, trust);
  const signature = Buffer.from(bytes.subarray(headerBytes, payloadOffset));
  checkSignature(bytes.subarray(0, headerBytes), signature, signer.publicKey);
  checkTime(header, trust.nowMs);
  return { header, payload } as VerifiedEnvelope;
}

function pinnedSigner(bytes: Uint8Array, { signers, revoked, nowMs }: Trust): AllowedSigner {
  const claimed = claimedSigner(bytes);
  if (revoked?.has(claimed.keyId) === true) {
    throw new Refusal("key-revoked", `the key ${claimed.keyId} was revoked`);
  }
  const entries = signers.get(claimed.keyId);
  if (entries === undefined) {
    throw new Refusal("key-unknown", `the key ${claimed.keyId} isn't in allowed_signers`);
  }
  const ofSite = entries.filter(({ sites }) => sites.some((site) => site === claimed.site));
  if (ofSite.length === 0) {
    const site = printable(claimed.site);
    throw new Refusal("key-of-another-site", `the key ${claimed.keyId} isn't one of site ${site}`);
  }
  const valid = ofSite.find(
    ({ validAfterMs, validBeforeMs }) =>
      (validAfterMs === null || nowMs >= validAfterMs) &&
      (validBeforeMs === null || nowMs <= validBeforeMs),
  );
  if (valid === undefined) {
    throw new Refusal("key-expired", `the key ${claimed.keyId} isn't valid at this time`);
  }
  return valid;
}

function checkPayload({ payloadBytes, payloadHash }: BundleHeader, payload: Uint8Array): void {
  if (payload.length < payloadBytes) {
    throw new Refusal(
      "bundle-truncated",
      `the payload has ${payload.length} of ${payloadBytes} bytes`,
    );
  }
  if (payload.length > payloadBytes) {
    throw new Refusal(
      "bundle-trailing",
      `${payload.length - payloadBytes} bytes follow the payload`,
    );
  }
  if (createHash("sha512").update(payload).digest("hex") !== payloadHash) {
    throw new Refusal("payload-damaged", "the payload's hash isn't the one in the header");
  }
}

function checkAddress({ site, recipient }: BundleHeader, trust: Trust): void {
  if (recipient !== trust.centre) {
    throw new Refusal("recipient-other", `sealed for ${recipient}, and this is ${trust.centre}`);
  }
  if (trust.siteOfTransport !== undefined && site !== trust.siteOfTransport) {
    throw new Refusal(
      "site-other",
      `a bundle of ${site} came where only ${trust.siteOfTransport} may speak`,
    );
  }
}

function checkTime({ createdMs, expiresMs }: BundleHeader, nowMs: number): void {
  if (createdMs > nowMs + limits.clockSkewMaxMs) {
    const ahead = Math.round((createdMs - nowMs) / 1000);
    throw new Refusal("created-in-future", `created ${ahead} s in the future`);
  }
  if (expiresMs !== 0 && expiresMs <= nowMs) {
    const since = Math.round((nowMs - expiresMs) / 1000);
    throw new Refusal("bundle-expired", `expired ${since} s ago`);
  }
}
