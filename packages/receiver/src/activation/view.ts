// The objects of a target as an operator looks at them: what the core works with, what would be there if
// all that is known were live, and what keeps it waiting. Changes nothing and needs no lock.

import { type ObjectFiles, outlineOf, siteFile, type SiteRefusal } from "@siteferry/apply";
import type { SiteId } from "@siteferry/model";
import type { ObjectsSettings } from "../objects-settings.ts";
import type { Opening } from "../opening.ts";
import { loadSiteRecord } from "../mirror.ts";
import { knownConfigurations } from "../configurations.ts";
import { openComposing, sitesOf } from "./plan.ts";
import { loadActivation, takenBack } from "./record.ts";
import { openTarget, readLive } from "./target.ts";
import { isApproved } from "./words.ts";

export interface ObjectsView {
  readonly dir: string;
  readonly live: ObjectFiles;
  /** Also of sites that nobody has approved yet. */
  readonly wanted: ObjectFiles;
  /** What is new waits for: an approval of these sites; the core; the end of a rollback. */
  readonly awaiting: readonly SiteId[];
  /** Sites of which a configuration is held, as many of their hosts are missing in it. */
  readonly removing: readonly SiteId[];
  /** When the core may be reloaded again; 0: now. Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly isPending: boolean;
  readonly isHeld: boolean;
  /** What the core refused, with its words; of `""` even without what is new. */
  readonly rejected: Readonly<Record<string, string>>;
  readonly failed: string | null;
  readonly refused: readonly SiteRefusal[];
}

export async function viewObjects(
  opening: Opening,
  settings: ObjectsSettings,
): Promise<ObjectsView> {
  const target = await openTarget(opening, settings);
  const record = await loadActivation(opening.world, target.directory);
  const live = await readLive(target, record);
  const isLive = (site: SiteId): boolean => live.has(siteFile(site));
  const known = await knownConfigurations(opening, isLive);
  const composeWith = await openComposing(opening, target, record, known, live);
  const { files, refused } = await composeWith(sitesOf(known), []);
  const awaiting: SiteId[] = [];
  for (const one of known) {
    const isIn = await isApproved(opening.world.files, opening.spool, one, isLive(one.site));
    if (!isIn) awaiting.push(one.site);
  }
  const removing: SiteId[] = [];
  for (const { site } of known) {
    const kept = await loadSiteRecord(opening.world.files, opening.spool, site).catch(() => null);
    if (kept !== null && kept.held !== null) removing.push(site);
  }
  const notBeforeMs = record.reloadedMs + (settings.activate?.reloadEvery ?? 0);
  const rejected = Object.entries(record.rejected).map(([site, { reason }]) => [site, reason]);
  return {
    dir: settings.dir,
    live,
    wanted: files,
    awaiting,
    removing,
    notBeforeMs: notBeforeMs > opening.world.clock.now() ? notBeforeMs : 0,
    isPending: record.pending !== null,
    isHeld: record.held,
    rejected: Object.fromEntries(
      record.fault === "" ? rejected : [...rejected, ["", record.fault]],
    ),
    failed: takenBack(record),
    refused,
  };
}

export interface ObjectChange {
  readonly kind: "added" | "changed" | "removed";
  /** `host web1`, `service web1 / Disk`. */
  readonly object: string;
  /** Lines that only the live one has, and only the new one. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Object by object, in the order of their names. */
export function changesIn({ live, wanted }: Pick<ObjectsView, "live" | "wanted">): ObjectChange[] {
  const [before, after] = [outlineOf(live), outlineOf(wanted)];
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => (a < b ? -1 : 1));
  return keys.flatMap((key): ObjectChange[] => {
    const [old, fresh] = [linesOf(before.get(key)), linesOf(after.get(key))];
    if (old.join("\n") === fresh.join("\n")) return [];
    const kind = old.length === 0 ? "added" : fresh.length === 0 ? "removed" : "changed";
    return [
      {
        kind,
        object: key.replace("\t", " / "),
        before: old.filter((line) => !fresh.includes(line)),
        after: fresh.filter((line) => !old.includes(line)),
      },
    ];
  });
}

function linesOf(block: string | undefined): readonly string[] {
  const lines = (block ?? "").split("\n").slice(1, -1);
  return lines.map((line) => line.trim());
}
