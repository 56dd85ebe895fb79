// What the sender's spool says about how it goes. Read beside a running sender, without its lock.

import type { FileSystem } from "@siteferry/model";
import { type LastRun, loadLastRun } from "../last-run.ts";
import { loadLinks, type Links, type Problem, streams } from "../links.ts";
import { listOutbox } from "../outbox.ts";

export interface SenderFacts extends LastRun {
  /** Bundles in the outbox, and since when the oldest of them lies there; null: none does. */
  readonly waiting: number;
  readonly oldestMs: number | null;
  readonly links: readonly LinkFacts[];
}

export interface LinkFacts {
  readonly name: string;
  /** Failures since something went through, and when the first of them was; 0 and null: none. */
  readonly failures: number;
  readonly sinceMs: number | null;
  /** Bundles that the centre refuses. */
  readonly refused: number;
  /** Bundles that the link itself can't take, as a relay to which they are too large. */
  readonly untakeable: number;
  /** The newest failure that isn't over. */
  readonly problem: Problem | null;
}

/** @param spool the sender's own directory. Throws as the file system does if it can't be read. */
export async function readSenderFacts(files: FileSystem, spool: string): Promise<SenderFacts> {
  if ((await files.status(spool)) === null) {
    return { sealedMs: null, failure: null, waiting: 0, oldestMs: null, links: [] };
  }
  const isThere = (await files.status(`${spool}/outbox`)) !== null;
  const entries = isThere ? await listOutbox(files, spool) : [];
  const since: number[] = [];
  for (const { fileName } of entries) {
    const status = await files.status(`${spool}/outbox/${fileName}`);
    // It went while we looked.
    if (status !== null) since.push(status.modifiedMs);
  }
  return {
    ...(await loadLastRun(files, `${spool}/state`)),
    waiting: since.length,
    oldestMs: since.length === 0 ? null : Math.min(...since),
    links: linkFacts(
      await loadLinks(files, `${spool}/state`),
      entries.map(({ fileName }) => fileName),
    ),
  };
}

/** @param waiting names in the outbox: what has left it isn't refused any more, though the disk says so. */
function linkFacts(links: Links, waiting: readonly string[]): readonly LinkFacts[] {
  return Object.entries(links).map(([name, { pauses, refusals }]) => {
    const failing = streams.map((stream) => pauses[stream]).filter(({ failures }) => failures > 0);
    const refused = Object.entries(refusals)
      .filter(([file]) => waiting.includes(file))
      .map(([, refusal]) => refusal);
    const byCentre = refused.filter(({ problem }) => problem.code === "centre-refused").length;
    const problems = [...failing, ...refused].flatMap(({ problem }) => problem ?? []);
    return {
      name,
      failures: Math.max(0, ...failing.map(({ failures }) => failures)),
      sinceMs:
        failing.length === 0
          ? null
          : Math.min(...failing.map(({ sinceMs, problem }) => sinceMs ?? problem?.atMs ?? 0)),
      refused: byCentre,
      untakeable: refused.length - byCentre,
      problem: problems.sort((a, b) => b.atMs - a.atMs)[0] ?? null,
    };
  });
}
