// Who may upload for which site: a bearer token, a pinned client certificate, or both.

import { createHash, timingSafeEqual } from "node:crypto";
import { FerryError, printable, type SiteId } from "@siteferry/model";
import { Rejected } from "./rejected.ts";

/** What a site has to show; at least one of the two. */
export interface SiteAccess {
  readonly token: string | null;
  /** As {@link parseFingerprint} gives it. */
  readonly certificate: string | null;
}

/** What came with a request. */
export interface Shown {
  readonly authorization: string | undefined;
  /** Of the client's certificate, whose key it has proved to hold. */
  readonly certificate: { readonly fingerprint: string; readonly isInDate: boolean } | null;
}

/**
 * Lets the site pass that the request names. A site that isn't known gets the answer of a wrong token, so that
 * nobody learns which sites have one; of a certificate alone the answer tells that there is such a site.
 * @throws Rejected 401, 403
 */
export function checkAccess(
  access: ReadonlyMap<SiteId, SiteAccess>,
  site: SiteId,
  shown: Shown,
): void {
  const { token, certificate } = access.get(site) ?? { token: "", certificate: null };
  if (token !== null) {
    const [, given = ""] = /^Bearer +(\S+)$/i.exec(shown.authorization ?? "") ?? [];
    if (!isSame(given, token) || token === "") throw new Rejected(401, "No token of this site");
  }
  if (certificate === null) return;
  if (shown.certificate?.fingerprint !== certificate) {
    throw new Rejected(403, "No certificate of this site");
  }
  if (!shown.certificate.isInDate) throw new Rejected(403, "The certificate is out of date");
}

/** In constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** 64 capital hex digits; null if `text` isn't a SHA-256 as openssl or a browser prints it. */
export function parseFingerprint(text: string): string | null {
  const digits = text
    .replace(/^sha-?256(?: fingerprint)?[:=]/i, "")
    .replaceAll(":", "")
    .toUpperCase();
  return /^[0-9A-F]{64}$/.test(digits) ? digits : null;
}

/**
 * The token in a file.
 * @throws FerryError `key-unusable` if it can be guessed, or can't stand in a header.
 */
export function parseToken(text: string, path: string): string {
  const token = text.trim();
  if (/^[\w.~+/=-]{32,1024}$/.test(token)) return token;
  throw new FerryError(
    "key-unusable",
    `${printable(path)} has no token: 32 to 1024 letters and digits`,
    { advice: "It is the same at the site and at the centre; openssl rand -hex 32 makes one." },
  );
}
