// How well a sender does, in the words and states of a monitoring plugin. Pure.

import {
  counted,
  durationOf,
  missedRuns,
  type PluginState,
  pluginText,
  stateNames,
  type Trouble,
  worstOf,
} from "@siteferry/agent";
import type { SiteId } from "@siteferry/model";
import type { SenderSettings } from "../settings.ts";
import type { LinkFacts, SenderFacts } from "./facts.ts";

/** Both in runs of the schedule. */
export interface SenderLimits {
  readonly warning: number;
  readonly critical: number;
}

export interface SenderHealth {
  readonly site: SiteId;
  readonly state: PluginState;
  readonly summary: string;
  /** A line for a run that failed, and for each link that does. */
  readonly details: readonly string[];
  readonly perfData: string;
}

export function judgeSender(
  facts: SenderFacts,
  settings: Pick<SenderSettings, "site" | "schedule" | "deliver">,
  limits: SenderLimits,
  nowMs: number,
): SenderHealth {
  const { site, schedule, deliver } = settings;
  const { sealedMs, failure, waiting, oldestMs, links } = facts;
  const stateAfter = (sinceMs: number): PluginState => {
    const { count } = missedRuns(schedule, sinceMs, nowMs, Math.ceil(limits.critical));
    return count >= limits.critical ? 2 : count >= limits.warning ? 1 : 0;
  };
  const failing = links.filter(
    ({ failures, refused, untakeable }) => failures + refused + untakeable > 0,
  );
  const isReplaced = deliver === "first" && failing.length < links.length;
  const found = [
    ...ageTrouble(facts, nowMs, stateAfter),
    ...failing.map((link) => linkTrouble(link, nowMs, isReplaced, stateAfter)),
  ];
  const secondsSince = (ms: number): number => Math.max(0, Math.round((nowMs - ms) / 1000));
  const usual = sealedMs === null ? "" : `last bundle sealed ${shownSince(sealedMs, nowMs)} ago`;
  const queue = waiting === 0 ? "nothing waits" : `${waiting} wait`;
  const interval = missedRuns(schedule, sealedMs ?? nowMs, nowMs, 1).intervalMs / 1000;
  const perfData = [
    ...(sealedMs === null
      ? []
      : [
          `age=${secondsSince(sealedMs)}s;${interval * limits.warning};${interval * limits.critical};0`,
        ]),
    `waiting=${waiting};;;0`,
    `oldest=${oldestMs === null ? 0 : secondsSince(oldestMs)}s;;;0`,
    `failing=${failing.length};;;0`,
  ];
  return {
    site,
    state: worstOf(found.map(({ state }) => state)),
    summary: found.map(({ words }) => words).join(", ") || `${usual}, ${queue}`,
    details: [
      ...(failure === null ? [] : [`the last run failed: ${failure.code}: ${failure.message}`]),
      ...failing.map(detailOf),
    ],
    perfData: perfData.join(" "),
  };
}

type StateAfter = (sinceMs: number) => PluginState;

/** A core that reloads makes one run fail, and the next one goes on: that alone is no trouble. */
function ageTrouble(
  { sealedMs, failure }: SenderFacts,
  nowMs: number,
  stateAfter: StateAfter,
): Trouble[] {
  const reason = failure === null ? "" : ` (${failure.code})`;
  if (sealedMs === null) return [{ state: 3, words: `nothing was ever sealed here${reason}` }];
  const state = stateAfter(sealedMs);
  if (state > 0) {
    return [{ state, words: `nothing sealed for ${shownSince(sealedMs, nowMs)}${reason}` }];
  }
  if (failure === null || failure.kind === "transient") return [];
  return [{ state: 1, words: `the last run failed${reason}` }];
}

/** What trying again won't help somebody has to put right; a line that is down mostly comes back. */
function linkTrouble(
  { name, refused, untakeable, sinceMs }: LinkFacts,
  nowMs: number,
  isReplaced: boolean,
  stateAfter: StateAfter,
): Trouble {
  const words: string[] = [];
  if (refused > 0) words.push(`${name}: the centre refuses ${counted(refused, "bundle")}`);
  if (untakeable > 0) words.push(`${name} can't take ${counted(untakeable, "bundle")}`);
  if (words.length > 0) return { state: 2, words: words.join(", ") };
  const since = sinceMs ?? nowMs;
  const state = isReplaced ? 1 : stateAfter(since);
  return { state: state === 2 ? 2 : 1, words: `${name} fails for ${shownSince(since, nowMs)}` };
}

function detailOf({ name, failures, problem }: LinkFacts): string {
  const times = failures > 0 ? `${counted(failures, "failure")}, ` : "";
  return `${name}: ${times}${problem === null ? "no reason is known" : `${problem.code}: ${problem.message}`}`;
}

function shownSince(ms: number, nowMs: number): string {
  return durationOf(Math.max(0, (nowMs - ms) / 1000));
}

/** A plugin's output: a line with perf data, and long output. */
export function senderOutput({ site, state, summary, details, perfData }: SenderHealth): string {
  const line = `SITEFERRY ${stateNames[state]} - ${site}: ${pluginText(summary)} | ${perfData}`;
  return [line, ...details.map(pluginText)].join("\n");
}
