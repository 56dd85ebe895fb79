// Take in: from the transports into the inbox. Nothing is looked at here beyond what is needed to
// store it; a file leaves its transport only when the inbox has it durably.

import { createHash } from "node:crypto";
import type { IncomingFile, ReceivingTransport } from "@siteferry/carry";
import {
  errorFields,
  explain,
  FerryError,
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
  readonly files: number;
  /** Files that are no plain files of a permitted size; they were removed. */
  readonly unsuitable: number;
  /** Transports that failed; the next run tries again. */
  readonly failed: number;
}

export async function takeIn(
  world: World,
  spool: string,
  transports: readonly ReceivingTransport[],
): Promise<TakenIn> {
  let taken = 0;
  let unsuitable = 0;
  let failed = 0;
  for (const transport of transports) {
    // One transport that fails must not keep the others waiting.
    try {
      for (const file of await transport.incoming(limits.filesPerPassMax)) {
        if (await takeFile(world, spool, file)) taken += 1;
        else unsuitable += 1;
      }
    } catch (error) {
      failed += 1;
      const failure = explain(error, `Receiving through ${transport.name}`);
      world.log.error(errorFields(failure), `${transport.name} failed`);
    }
  }
  return { files: taken, unsuitable, failed };
}

async function takeFile(world: World, spool: string, file: IncomingFile): Promise<boolean> {
  const { files, random, log } = world;
  try {
    const content = await file.read();
    await publish(files, random, {
      temporaryDirectory: `${spool}/tmp`,
      directory: `${spool}/inbox`,
      name: inboxName(file, content),
      content,
    });
  } catch (error) {
    if (!(error instanceof FerryError) || error.code !== "file-unsuitable") throw error;
    log.error({ ...errorFields(error), from: file.from }, `Refused ${file.from}: not a plain file`);
    await file.remove();
    return false;
  }
  await file.remove();
  return true;
}

/** Sorts as the bundle's own name; the hash keeps apart what came twice with other content. */
function inboxName({ name, site }: IncomingFile, content: Uint8Array): string {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const known = parseBundleName(name) === null ? "unnamed" : name;
  return `${known}@${site ?? ""}@${hash}`;
}

/** What waits in the inbox: of each site the oldest first. */
export async function listInbox({ files }: World, spool: string): Promise<readonly InboxEntry[]> {
  const names = (await files.list(`${spool}/inbox`)).sort();
  return names.map((fileName) => {
    const [name = "", site = ""] = fileName.split("@");
    return { path: `${spool}/inbox/${fileName}`, name, siteOfTransport: parseSiteId(site) };
  });
}
