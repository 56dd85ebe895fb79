// Sites that have fallen silent: what was known of them isn't shown as if it were known now. That is only
// another reading of the site's rows, at the times of their last checks: so the targets hand it over as they
// hand over everything, and the next bundle, which has the rows as they are, takes it back.

import {
  errorFields,
  explain,
  type HostState,
  type ServiceState,
  type SiteId,
  type States,
} from "@siteferry/model";
import { loadProgress, saveProgress } from "./applied-store.ts";
import { timeOf } from "./health/judge.ts";
import { loadSiteRecord, loadStates, type SiteRecord } from "./mirror.ts";
import type { Opening } from "./opening.ts";

export interface Silence {
  /** When its newest bundle came, milliseconds since 1970. */
  readonly sinceMs: number;
  /** Nothing is known of its hosts either, not of its services alone. */
  readonly hosts: boolean;
}

/** What isn't here isn't silent, or is to be shown as it was. */
export type SilentSites = ReadonlyMap<SiteId, Silence>;

const noteName = "silent";

/**
 * A site is silent when its service would be CRITICAL for it, and one more of its intervals has passed since a
 * run saw that: after a pause of the centre's own, such as a reboot, each site seems silent until it has spoken
 * again.
 */
export async function findSilentSites(opening: Opening): Promise<SilentSites> {
  const { world, settings, spool } = opening;
  const asked = Object.entries(settings.sites).filter(([, one]) => one.whenSilent !== "keep");
  const silent = new Map<SiteId, Silence>();
  if (asked.length === 0) return silent;
  const directory = `${spool}/state`;
  const before = await loadProgress(world, directory, noteName);
  const seen = JSON.parse(before || "{}") as Readonly<Record<string, number>>;
  const nowMs = world.clock.now();
  const note: Record<string, number> = {};
  for (const [name, { interval, whenSilent }] of asked) {
    const site = name as SiteId;
    // A damaged record is what the targets complain of.
    const record = await loadSiteRecord(world.files, spool, site).catch(() => null);
    const sinceMs = record?.arrivals?.at(-1)?.keptMs;
    if (sinceMs === undefined || nowMs - sinceMs <= settings.health.critical * interval) continue;
    // A clock that was put back begins anew.
    const seenMs = Math.min(seen[site] ?? nowMs, nowMs);
    note[site] = seenMs;
    if (nowMs - seenMs >= interval) silent.set(site, { sinceMs, hosts: whenSilent === "all" });
  }
  const after = JSON.stringify(note);
  if (after !== (before || "{}")) {
    await saveProgress(world, directory, noteName, after).catch((error: unknown) => {
      const failure = explain(error, "Remembering which sites are silent");
      world.log.error(errorFields(failure), "A site that falls silent now is shown as it was");
    });
  }
  return silent;
}

/** Which states are shown, for what a target keeps to know that nothing is new. */
export function shownStamp({ delta, keyframe }: SiteRecord, silence: Silence | undefined): string {
  const hash = (delta ?? keyframe)?.payloadHash ?? "";
  return silence === undefined ? hash : `${hash}:silent${silence.hosts ? "-all" : ""}`;
}

/** The site as it is to be shown; null before its first keyframe. */
export async function loadShownStates(
  opening: Opening,
  site: SiteId,
  record: SiteRecord,
  silence: Silence | undefined,
): Promise<States | null> {
  const states = await loadStates(opening, record);
  if (states === null || silence === undefined) return states;
  const words = `no data from ${site} since ${timeOf(silence.sinceMs)}`;
  return {
    ...states,
    // Of hosts no core has an UNKNOWN; an Icinga 2 takes this for DOWN.
    hosts: silence.hosts
      ? states.hosts.map((row) => unheard(row, unreachable, words))
      : states.hosts,
    services: states.services.map((row) => unheard(row, unknown, `UNKNOWN - ${words}`)),
  };
}

const unreachable = 2;
const unknown = 3;

function unheard<Row extends HostState | ServiceState>(
  row: Row,
  state: number,
  words: string,
): Row {
  // What is as bad already keeps its own words.
  if (row.state === state) return row;
  return {
    ...row,
    state,
    state_type: 1,
    plugin_output: words,
    long_plugin_output: `Before that: ${row.plugin_output}`,
    perf_data: "",
    execution_time: 0,
    latency: 0,
    last_state_change: row.last_check,
    last_hard_state: null,
    last_hard_state_change: null,
  };
}
