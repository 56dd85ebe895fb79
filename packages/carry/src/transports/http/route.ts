// The paths of the listener: three, and nothing else.

import { parseBundleName, parseSiteId, type SiteId } from "@siteferry/model";
import { Rejected } from "./rejected.ts";

export type Route =
  | { readonly kind: "health" }
  | { readonly kind: "access"; readonly site: SiteId }
  | { readonly kind: "upload"; readonly site: SiteId };

/** @throws Rejected 403, 404 */
export function routeOf(method: string, target: string): Route {
  const isReading = method === "GET" || method === "HEAD";
  if (isReading && target === "/v1/health") return { kind: "health" };
  const asking = parseSiteId(/^\/v1\/sites\/([^/?#]+)\/access$/.exec(target)?.[1] ?? "");
  if (isReading && asking !== null) return { kind: "access", site: asking };
  const [, siteText = "", name = ""] =
    /^\/v1\/sites\/([^/?#]+)\/bundles\/([^/?#]+)$/.exec(target) ?? [];
  const site = parseSiteId(siteText);
  const claimed = parseBundleName(name);
  if (method !== "PUT" || site === null || claimed === null) {
    throw new Rejected(404, "Here is PUT /v1/sites/SITE/bundles/NAME and GET /v1/health");
  }
  // Only a hint, but one that can't be meant so.
  if (claimed.site !== site) throw new Rejected(403, `That is no bundle of ${site}`);
  return { kind: "upload", site };
}

/** Where a site asks whether it would be let in, below the base of the centre's address. */
export function accessPath(site: SiteId): string {
  return `v1/sites/${site}/access`;
}

/** The path of a bundle below the base of the centre's address. */
export function uploadPath(site: SiteId, name: string): string {
  return `v1/sites/${site}/bundles/${name}`;
}
