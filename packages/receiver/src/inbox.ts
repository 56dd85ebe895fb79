// The inbox: files that were taken in and wait to be opened. Their names say what is known of them
// without opening: the bundle's name, the link's site, a hash, and how often opening began.

import { createHash } from "node:crypto";
import { readHeader } from "@siteferry/bundle";
import {
  formatBundleName,
  parseBundleName,
  parseSiteId,
  type SiteId,
  type World,
} from "@siteferry/model";

/** A file in the inbox. */
export interface InboxEntry {
  readonly path: string;
  /** The name it came under, if that was a bundle's name, else what its header claims. */
  readonly name: string;
  /** The site that its link may speak for, or null if the link doesn't tell. */
  readonly siteOfTransport: SiteId | null;
  /** The operator took it out of the quarantine: what is held until somebody says so may pass. */
  readonly released: boolean;
  /** How often opening it began and never ended: it may be what ended the reader. */
  readonly attempts: number;
}

/** Behind the hash in the name of a file that was released. */
export const releasedMark = "!" as const;

/** Sorts as the bundle's own name; the hash keeps apart what came twice with other content. */
export function inboxName(name: string, site: SiteId | null, content: Uint8Array): string {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const known = parseBundleName(name) === null ? claimedName(content) : name;
  return `${known}@${site ?? ""}@${hash}`;
}

/** A link may rename files; the order of a site's bundles then stands in their headers only. */
function claimedName(content: Uint8Array): string {
  try {
    return formatBundleName(readHeader(content).unverified);
  } catch {
    return "unnamed";
  }
}

/** What waits: of each site the oldest first. */
export async function listInbox({ files }: World, spool: string): Promise<readonly InboxEntry[]> {
  const names = (await files.list(`${spool}/inbox`)).sort();
  return names.map((fileName) => {
    const [name = "", site = "", hash = "", attempts = ""] = fileName.split(/@|~/);
    return {
      path: `${spool}/inbox/${fileName}`,
      name,
      siteOfTransport: parseSiteId(site),
      released: hash.endsWith(releasedMark),
      attempts: Number(attempts),
    };
  });
}

/** Notes that opening begins, so that a file which ends the reader is known by its name. */
export async function beginAttempt({ files }: World, entry: InboxEntry): Promise<InboxEntry> {
  const attempts = entry.attempts + 1;
  const path = `${entry.path.replace(/~\d+$/, "")}~${attempts}`;
  await files.rename(entry.path, path);
  return { ...entry, path, attempts };
}

/** The reader outlived it. */
export async function endAttempt({ files }: World, entry: InboxEntry): Promise<InboxEntry> {
  const path = entry.path.replace(/~\d+$/, "");
  await files.rename(entry.path, path);
  return { ...entry, path, attempts: 0 };
}
