// The files of one stage, out of the sites' pieces, and the manifest that lies beside them: from it a
// later run learns, through the API, what is active.

import { createHash } from "node:crypto";
import { parseSiteId, type SiteId } from "@siteferry/model";
import { literal } from "./encode.ts";
import type { GroupNames, SitePiece } from "./render.ts";
import { icinga2Templates } from "./templates.ts";

/** Not `.conf`: the core doesn't read it. */
export const manifestFile = "siteferry.json";

export interface PackageContent {
  /** Text by path, the manifest among them. */
  readonly files: Readonly<Record<string, string>>;
  readonly manifest: PackageManifest;
}

export interface PackageManifest {
  /** SHA-256 over all that isn't in the manifest. */
  readonly content: string;
  readonly sites: ReadonlyMap<SiteId, SiteManifest>;
}

interface SiteManifest extends Omit<SitePiece, "text"> {
  /** SHA-256 of the piece: {@link pieceHash}. */
  readonly hash: string;
}

/**
 * `zone`: null puts the objects beside the core's own; else they are that zone's. `more`: files that are of no
 * site, text by path.
 */
export function composePackage(
  pieces: ReadonlyMap<SiteId, SitePiece>,
  zone: string | null,
  more: Readonly<Record<string, string>> = {},
): PackageContent {
  const sites = new Map<SiteId, SiteManifest>();
  const groups = { HostGroup: new Map<string, string>(), ServiceGroup: new Map<string, string>() };
  const files: Record<string, string> = { ...more };
  for (const [site, piece] of pieces) {
    const { hostgroups, servicegroups } = piece;
    files[sitePath(site, zone)] = piece.text;
    sites.set(site, { hash: pieceHash(piece), hostgroups, servicegroups });
    addNew(groups.HostGroup, hostgroups);
    addNew(groups.ServiceGroup, servicegroups);
  }
  files[`${directoryOf(zone)}/siteferry-common.conf`] = icinga2Templates + groupsText(groups);
  const content = sha256(
    JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  const manifest = { content, sites };
  return { files: { ...files, [manifestFile]: encodeManifest(manifest) }, manifest };
}

/** Where a site's file lies in a stage. */
export function sitePath(site: SiteId, zone: string | null): string {
  return `${directoryOf(zone)}/siteferry-site-${site}.conf`;
}

export function pieceHash({ text, hostgroups, servicegroups }: SitePiece): string {
  return sha256(JSON.stringify([text, [...hostgroups], [...servicegroups]]));
}

/** Null if `text` isn't a manifest: somebody else's stage, or none. */
export function decodeManifest(text: string): PackageManifest | null {
  try {
    const { siteferry, content, sites } = JSON.parse(text) as StoredManifest;
    if (siteferry !== 1 || typeof content !== "string") return null;
    const decoded = new Map<SiteId, SiteManifest>();
    for (const [name, [hash, hostgroups, servicegroups]] of Object.entries(sites)) {
      const site = parseSiteId(name);
      if (site === null) return null;
      const groups = { hostgroups: new Map(hostgroups), servicegroups: new Map(servicegroups) };
      decoded.set(site, { hash, ...groups });
    }
    return { content, sites: decoded };
  } catch {
    return null;
  }
}

type GroupList = readonly (readonly [name: string, displayName: string])[];

interface StoredManifest {
  readonly siteferry: 1;
  readonly content: string;
  readonly sites: Readonly<Record<string, readonly [hash: string, GroupList, GroupList]>>;
}

function encodeManifest({ content, sites }: PackageManifest): string {
  const stored = [...sites].map(([site, { hash, hostgroups, servicegroups }]) => [
    site,
    [hash, [...hostgroups], [...servicegroups]],
  ]);
  return JSON.stringify({ siteferry: 1, content, sites: Object.fromEntries(stored) });
}

function directoryOf(zone: string | null): string {
  return zone === null ? "conf.d" : `zones.d/${zone}`;
}

function groupsText(groups: Readonly<Record<"HostGroup" | "ServiceGroup", GroupNames>>): string {
  const lines = Object.entries(groups).flatMap(([type, names]) =>
    [...names]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([name, shown]) =>
          `object ${type} ${literal(name)} {\n  display_name = ${literal(shown)}\n}\n`,
      ),
  );
  return lines.join("\n");
}

function addNew(all: Map<string, string>, some: GroupNames): void {
  for (const [name, shown] of some) if (!all.has(name)) all.set(name, shown);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
