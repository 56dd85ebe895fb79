// How well a site is, from what the receiver knows of it. Pure; the words and states are those of a
// monitoring plugin, because that is what an operator looks at.

import { counted, durationOf, type PluginState, type Trouble, worstOf } from "@siteferry/agent";
import { printable, type SiteId } from "@siteferry/model";
import { skewSeconds } from "../site-clock.ts";
import type { CountedStates } from "./counted-states.ts";
import type { TrafficSlot } from "./traffic.ts";

/** What the receiver knows of a site, but for what the site monitors. Times are milliseconds since 1970. */
export interface SiteFacts {
  readonly site: SiteId;
  /** When its newest bundle came, by the centre's clock, and when that was made, by the site's; null: none ever did. */
  readonly keptMs: number | null;
  readonly createdMs: number | null;
  /** As `secondsAhead` says. */
  readonly aheadSeconds: number;
  /** Null: not counted yet. */
  readonly counted: CountedStates | null;
  /** Bundles that were kept, and their bytes: since the site's record began, and over the last day. */
  readonly bundles: number;
  readonly bytes: number;
  readonly trafficOfDay: readonly TrafficSlot[];
  /** Numbers that never came, and when one was passed over last that no silence explains; 0: never. */
  readonly missed: number;
  readonly missedMs: number;
  /** Bundles that wait in its outbox, and since when the oldest; as its sender said last. */
  readonly outbox: { readonly waiting: number; readonly oldest: number };
  /** What lies in its quarantine, the newest first. */
  readonly quarantined: readonly Quarantined[];
  /** Its first configuration waits for an operator; likewise one in which many hosts are missing. */
  readonly awaitsApproval: boolean;
  readonly removalHeld: boolean;
  /** No configuration of it is here, as after the loss of the spool: a core keeps its objects. */
  readonly objectsStay?: boolean;
  /** Why the core refuses what is new of it; null: it doesn't. */
  readonly rejected: string | null;
  /** Values that can't stand in the core's configuration, as far as they are kept, and how many there are. */
  readonly refusedValues: readonly string[];
  readonly refusedValueCount: number;
}

export interface Quarantined {
  /** As `siteferry quarantine` names it. */
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly refusedMs: number;
}

export interface Expectations {
  /** How often a bundle is expected, milliseconds; the others in intervals. */
  readonly intervalMs: number;
  readonly warningAfter: number;
  readonly criticalAfter: number;
  /** Lost bundles are usual on this link. */
  readonly oneWay: boolean;
}

export interface SiteHealth {
  readonly site: SiteId;
  readonly state: PluginState;
  readonly summary: string;
  /** What an operator may want to know besides, a line each. */
  readonly details: readonly string[];
  /** In the form of a plugin's. */
  readonly perfData: string;
}

/** A site: what is known of it, what is expected, and what follows. */
export interface SiteView {
  readonly facts: SiteFacts;
  readonly expected: Expectations;
  readonly health: SiteHealth;
}

/** So long a refusal or a gap is worth a warning. */
const recentMs = 3_600_000;

export function judgeSite(facts: SiteFacts, expected: Expectations, nowMs: number): SiteHealth {
  const { site, keptMs, quarantined } = facts;
  const troubles = [ageTrouble(facts, expected, nowMs), ...otherTroubles(facts, expected, nowMs)];
  const found = troubles.filter((one) => one !== null);
  const state = worstOf(found.map((one) => one.state));
  const age = keptMs === null ? null : Math.max(0, Math.round((nowMs - keptMs) / 1000));
  const usual = age === null ? "" : `last bundle ${durationOf(age)} ago`;
  const { intervalMs, warningAfter, criticalAfter } = expected;
  const limit = (intervals: number): number => Math.round((intervalMs * intervals) / 1000);
  const perfData = [
    ...(age === null ? [] : [`age=${age}s;${limit(warningAfter)};${limit(criticalAfter)};0`]),
    `missed=${facts.missed}c`,
    `quarantine=${quarantined.length};;;0`,
    `outbox=${facts.outbox.waiting};;;0`,
    `clock=${facts.aheadSeconds}s`,
    `refused_values=${facts.refusedValueCount};;;0`,
  ];
  return {
    site,
    state,
    summary: found.map(({ words }) => words).join(", ") || usual,
    details: [
      ...lagOf(facts, expected),
      ...detailsOf(facts),
      ...(state === 0 ? valuesInShort(facts) : valuesOf(facts)),
    ],
    perfData: perfData.join(" "),
  };
}

function ageTrouble(
  { keptMs, createdMs }: SiteFacts,
  { intervalMs, warningAfter, criticalAfter }: Expectations,
  nowMs: number,
): Trouble | null {
  if (keptMs === null) return { state: 3, words: "no bundle has come yet" };
  // A clock that was put back says nothing.
  const ageMs = nowMs - keptMs;
  const state = ageMs > criticalAfter * intervalMs ? 2 : ageMs > warningAfter * intervalMs ? 1 : 0;
  if (state === 0) return null;
  const since = createdMs === null ? "" : `, made ${timeOf(createdMs)}`;
  return { state, words: `no bundle for ${durationOf(ageMs / 1000)}${since}` };
}

function otherTroubles(
  facts: SiteFacts,
  { oneWay, intervalMs, criticalAfter }: Expectations,
  nowMs: number,
): readonly (Trouble | null)[] {
  const isRecent = (ms: number): boolean => nowMs - ms < recentMs;
  const refused = facts.quarantined.filter(({ refusedMs }) => isRecent(refusedMs));
  const warning = (isSo: boolean, words: string): Trouble | null =>
    isSo ? { state: 1, words } : null;
  const { site, aheadSeconds, missed, missedMs, outbox, createdMs } = facts;
  // By the site's own clock.
  const waitsMs = outbox.waiting === 0 ? 0 : (createdMs ?? 0) - outbox.oldest;
  return [
    warning(refused.length > 0, `${refused.length} refused: ${refused[0]?.code ?? ""}`),
    warning(
      // What was refused is said, and for as long.
      !oneWay && missed > 0 && isRecent(missedMs) && refused.length === 0,
      missed === 1 ? "1 bundle is missing" : `${missed} bundles are missing`,
    ),
    warning(
      waitsMs > criticalAfter * intervalMs,
      `${outbox.waiting} wait in its outbox for ${durationOf(waitsMs / 1000)}`,
    ),
    warning(
      aheadSeconds > skewSeconds && !isPutBack(facts),
      `its clock is ${durationOf(aheadSeconds)} ahead`,
    ),
    warning(facts.awaitsApproval, `its objects wait for: siteferry config approve ${site}`),
    warning(facts.removalHeld, `it removes many hosts: siteferry config approve ${site}`),
    warning(facts.rejected !== null, "the core refuses its new objects"),
  ];
}

/** The newest says otherwise than those before it. */
function isPutBack({ keptMs, createdMs }: SiteFacts): boolean {
  return (keptMs ?? 0) - (createdMs ?? 0) > skewSeconds * 1000;
}

/** No trouble: a link may be slow, and the age is told by the centre's clock alone. */
function lagOf(
  { keptMs, createdMs }: SiteFacts,
  { intervalMs, criticalAfter }: Expectations,
): string[] {
  if (keptMs === null || createdMs === null) return [];
  const lagMs = keptMs - createdMs;
  if (lagMs <= criticalAfter * intervalMs) return [];
  return [
    `Made ${durationOf(lagMs / 1000)} before it came: a slow link, or the site's clock is behind`,
  ];
}

function detailsOf({ quarantined, objectsStay, rejected }: SiteFacts): string[] {
  const [newest] = quarantined;
  return [
    ...(newest === undefined
      ? []
      : [`Refused ${timeOf(newest.refusedMs)}: ${newest.code}: ${printable(newest.message, 300)}`]),
    ...(objectsStay === true
      ? ["No configuration of it is here: the core keeps the objects that it has of it"]
      : []),
    ...(rejected === null ? [] : [`The core refuses what is new: ${printable(rejected, 600)}`]),
  ];
}

function valuesOf({ refusedValues, refusedValueCount }: SiteFacts): readonly string[] {
  const left = refusedValueCount - refusedValues.length;
  if (left === 0 || refusedValues.length === 0) return refusedValues;
  return [...refusedValues, `and ${left} more refused values`];
}

/** They may stay for ever: of a site that is well they aren't worth a line each. */
function valuesInShort({ refusedValueCount: count }: SiteFacts): string[] {
  const words = `${counted(count, "value")} left out or replaced: siteferry config diff, or status --json`;
  return count === 0 ? [] : [words];
}

export function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
