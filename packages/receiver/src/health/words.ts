// How the health of sites is said: as a plugin says it, and as a table.

import {
  counted,
  durationOf,
  type Paint,
  pluginText as shown,
  type PluginState,
  stateNames,
  toneOf,
  unpainted,
  worstOf,
} from "@siteferry/agent";
import type { SiteHealth, SiteView } from "./judge.ts";
import { numbersOf } from "./numbers.ts";

/** A plugin's output: a line with perf data, and long output. */
export function pluginOutput({ site, state, summary, details, perfData }: SiteHealth): string {
  const line = `SITEFERRY ${stateNames[state]} - ${site}: ${shown(summary)} | ${perfData}`;
  return [line, ...details.map(shown)].join("\n");
}

/** Of several sites: the worst state, and a line each; of the receiver itself a line each trouble. */
export function pluginOutputOfAll(
  all: readonly SiteHealth[],
  troubles: readonly string[] = [],
): {
  readonly state: PluginState;
  readonly text: string;
} {
  // Nothing to look at is no good news: the settings may be others than one thinks.
  if (all.length === 0) return { state: 3, text: "SITEFERRY UNKNOWN - no site is configured" };
  const own = troubles.map(() => 1 as const);
  const state = worstOf([...all.map((one) => one.state), ...own]);
  const bad = all.filter((one) => one.state !== 0);
  const named = bad.slice(0, 5).map(({ site }) => site);
  const more = bad.length > named.length ? ` and ${bad.length - named.length} more` : "";
  const names = [...(troubles.length > 0 ? ["the receiver"] : []), ...named];
  const who = names.length === 0 ? "all are well" : `look at ${names.join(", ")}${more}`;
  const perfData = [
    `sites=${all.length};;;0`,
    ...([1, 2, 3] as const).map(
      (one) =>
        `${stateNames[one].toLowerCase()}=${all.filter((site) => site.state === one).length};;;0`,
    ),
  ];
  const head = `SITEFERRY ${stateNames[state]} - ${counted(all.length, "site")}: ${who} | ${perfData.join(" ")}`;
  const lines = bad.map(
    ({ site, state: its, summary }) => `${site}: ${stateNames[its]}: ${shown(summary)}`,
  );
  const ownLines = troubles.map((words) => `receiver: WARNING: ${shown(words)}`);
  return { state, text: [head, ...ownLines, ...lines].join("\n") };
}

const headings = [
  "SITE",
  "STATE",
  "AGE",
  "LAG",
  "DOWN",
  "PROBLEMS",
  "LAST DAY",
  "MISSING",
  "REFUSED",
];

/** Of the receiver itself: what is wrong, and what waits. */
interface Own {
  readonly troubles: readonly string[];
  readonly waits: readonly string[];
  readonly strangers: number;
}

const ofNobody = "of no site that is configured: siteferry quarantine list";

/** A table for a terminal, a line each site, with what else there is to know below it. */
export function statusTable(
  all: readonly SiteView[],
  nowMs: number,
  paint: Paint = unpainted,
  { troubles, waits, strangers }: Own = { troubles: [], waits: [], strangers: 0 },
): string {
  const ownLines = [
    ...troubles.map((words) => `The receiver: ${paint("warning", "WARNING")}  ${shown(words)}`),
    ...waits.map((words) => `Waiting: ${shown(words)}`),
    ...(strangers === 0 ? [] : [`Refused: ${counted(strangers, "file")} ${ofNobody}`]),
  ];
  if (all.length === 0) {
    return ["No site is configured: siteferry enrol takes one in.", ...ownLines].join("\n");
  }
  const rows = all.map(({ facts, health }) => {
    const numbers = numbersOf(facts, nowMs);
    const { age, lag, bundlesOfDay, bytesOfDay, missed, quarantined } = numbers;
    return [
      health.site,
      stateNames[health.state],
      age === null ? "-" : durationOf(age),
      lag === null ? "-" : durationOf(lag),
      outOf(numbers.hosts, ["down", "unreachable"]),
      outOf(numbers.services, ["warning", "critical", "unknown"]),
      `${sizeOf(bytesOfDay)} in ${bundlesOfDay}`,
      String(missed),
      String(quarantined),
    ];
  });
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]!.length)),
  );
  const line = (cells: readonly string[], last: string, state: PluginState | null): string => {
    const padded = cells.map((cell, index) => cell.padEnd(widths[index]!));
    const stateAt = headings.indexOf("STATE");
    if (state !== null) padded[stateAt] = paint(toneOf(state), padded[stateAt]!);
    return [...padded, last].join("  ").trimEnd();
  };
  const lines = all.flatMap(({ health: { state, summary, details } }, index) => [
    line(rows[index]!, state === 0 ? "" : shown(summary), state),
    ...details.map((one) => `${" ".repeat(widths[0]!)}  ${shown(one)}`),
  ]);
  return [line(headings, "", null), ...lines, ...ownLines].join("\n");
}

/** `1 of 24`: the hosts that are down, the services with problems; `? of 24` in a vendor's dump. */
function outOf(counts: Readonly<Record<string, number>> | null, bad: readonly string[]): string {
  if (counts === null) return "-";
  const sum = (names: readonly string[]): number =>
    names.reduce((total, name) => total + (counts[name] ?? 0), 0);
  return `${"dumped" in counts ? "?" : sum(bad)} of ${sum(Object.keys(counts))}`;
}

/** As an object of JSON: how the site is, and its numbers. */
export function statusRecord({ facts, health }: SiteView, nowMs: number): object {
  const { refusedValues } = facts;
  const numbers = numbersOf(facts, nowMs);
  return { ...health, state: stateNames[health.state], numbers, refusedValues };
}

/** `1.2 kB`: three digits at most. */
export function sizeOf(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[power]}`;
}
