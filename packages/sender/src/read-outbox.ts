// What waits in the outbox and why, for people. Read beside a running sender, without its lock.

import type { FileSystem } from "@siteferry/model";
import { type Link, loadLinks, type Problem, streamOf } from "./links.ts";
import { listOutbox, type OutboxEntry } from "./outbox.ts";
import type { SenderSettings } from "./settings.ts";

export interface WaitingBundle {
  readonly name: string;
  readonly kind: OutboxEntry["kind"];
  readonly sizeBytes: number;
  /** When it was sealed, or put there again; milliseconds since 1970. */
  readonly sinceMs: number;
  /** What each link that was ever tried has done with it. */
  readonly links: readonly BundleOnLink[];
}

export interface BundleOnLink {
  readonly link: string;
  /** `refused`: by the centre if the problem is `centre-refused`, else the link itself can't take it. */
  readonly state: "taken" | "refused" | "waiting";
  /** Failures since something went through this link. */
  readonly failures: number;
  /** The daemon doesn't try it before; milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly problem: Problem | null;
}

/** @param spool the sender's own directory; empty if nothing waits, or nothing was ever sent. */
export async function readOutbox(
  files: FileSystem,
  spool: string,
  deliver: SenderSettings["deliver"] = "all",
): Promise<readonly WaitingBundle[]> {
  if ((await files.status(`${spool}/outbox`)) === null) return [];
  const links = await loadLinks(files, `${spool}/state`);
  const waiting: WaitingBundle[] = [];
  for (const entry of await listOutbox(files, spool)) {
    const status = await files.status(`${spool}/outbox/${entry.fileName}`);
    // It went while we looked.
    if (status === null) continue;
    waiting.push({
      name: entry.fileName,
      kind: entry.kind,
      sizeBytes: status.sizeBytes,
      sinceMs: status.modifiedMs,
      links: Object.entries(links).map(([name, link]) =>
        onLink(name, link, entry, deliver === "first" ? Object.values(links) : [link]),
      ),
    });
  }
  return waiting;
}

function onLink(
  link: string,
  { taken, refusals, pauses }: Link,
  entry: OutboxEntry,
  route: readonly Link[],
): BundleOnLink {
  if (taken.includes(entry.fileName)) {
    return { link, state: "taken", failures: 0, notBeforeMs: 0, problem: null };
  }
  const pause = pauses[streamOf(entry, route)];
  const refusal = refusals[entry.fileName];
  const { untilMs, problem } = refusal ?? pause;
  const state = refusal === undefined ? "waiting" : "refused";
  return { link, state, failures: pause.failures, notBeforeMs: untilMs, problem };
}
