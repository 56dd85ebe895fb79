// Take in: from the transports into the inbox. Nothing is looked at here beyond what is needed to
// store it; a file leaves its transport only when the inbox has it durably.

import { createHash } from "node:crypto";
import { readHeader } from "@siteferry/bundle";
import type { IncomingFile, ReceivingTransport } from "@siteferry/carry";
import {
  errorFields,
  explain,
  formatBundleName,
  limits,
  parseBundleName,
  parseSiteId,
  type SiteId,
  type World,
} from "@siteferry/model";
import { publish } from "@siteferry/spool";

/** A file in the inbox. */
export interface InboxEntry {
  readonly path: string;
  /** The name it came under, if that was a bundle's name. */
  readonly name: string;
  /** The site that its link may speak for, or null if the link doesn't tell. */
  readonly siteOfTransport: SiteId | null;
}

export interface TakenIn {
  taken: number;
  /** Files that are no plain files of a permitted size; they were removed. */
  unsuitable: number;
  /** Files and transports that failed; the next run tries again. */
  failed: number;
}

export async function takeIn(
  world: World,
  spool: string,
  transports: readonly ReceivingTransport[],
): Promise<TakenIn> {
  const counts: TakenIn = { taken: 0, unsuitable: 0, failed: 0 };
  for (const transport of transports) {
    // One transport that fails must not keep the others waiting.
    try {
      for (const file of await transport.incoming(limits.filesPerPassMax)) {
        counts[await takeFile(world, spool, file)] += 1;
      }
    } catch (error) {
      counts.failed += 1;
      const failure = explain(error, `Receiving through ${transport.name}`);
      world.log.error(errorFields(failure), `${transport.name} failed`);
    }
  }
  return counts;
}

/**
 * A file that can't be read or removed stays where it is, and doesn't keep those behind it waiting:
 * anybody who may write into a directory can put such a one there.
 */
async function takeFile(world: World, spool: string, file: IncomingFile): Promise<keyof TakenIn> {
  const { files, random, log } = world;
  let content: Uint8Array | null = null;
  try {
    content = await file.read();
  } catch (error) {
    const failure = explain(error, `Reading ${file.from}`);
    log.error(errorFields(failure), `${file.from} isn't taken`);
    if (failure.code !== "file-unsuitable") return "failed";
  }
  if (content !== null) {
    const name = inboxName(file, content);
    const directories = { temporaryDirectory: `${spool}/tmp`, directory: `${spool}/inbox` };
    await publish(files, random, { ...directories, name, content });
  }
  try {
    await file.remove();
  } catch (error) {
    log.error(errorFields(explain(error, `Removing ${file.from}`)), `${file.from} stays`);
    return "failed";
  }
  return content === null ? "unsuitable" : "taken";
}

/** Sorts as the bundle's own name; the hash keeps apart what came twice with other content. */
function inboxName({ name, site }: IncomingFile, content: Uint8Array): string {
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

/** What waits in the inbox: of each site the oldest first. */
export async function listInbox({ files }: World, spool: string): Promise<readonly InboxEntry[]> {
  const names = (await files.list(`${spool}/inbox`)).sort();
  return names.map((fileName) => {
    const [name = "", site = ""] = fileName.split("@");
    return { path: `${spool}/inbox/${fileName}`, name, siteOfTransport: parseSiteId(site) };
  });
}
