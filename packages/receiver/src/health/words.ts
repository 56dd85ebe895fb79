// How the health of sites is said: as a plugin says it, and as a table.

import { pluginText as shown, type PluginState, stateNames, worstOf } from "@siteferry/agent";
import type { SiteHealth } from "./judge.ts";

/** A plugin's output: a line with perf data, and long output. */
export function pluginOutput({ site, state, summary, details, perfData }: SiteHealth): string {
  const line = `SITEFERRY ${stateNames[state]} - ${site}: ${shown(summary)} | ${perfData}`;
  return [line, ...details.map(shown)].join("\n");
}

/** Of several sites: the worst state, and a line each. */
export function pluginOutputOfAll(all: readonly SiteHealth[]): {
  readonly state: PluginState;
  readonly text: string;
} {
  const state = worstOf(all.map((one) => one.state));
  const bad = all.filter((one) => one.state !== 0);
  const names = bad.slice(0, 5).map(({ site }) => site);
  const more = bad.length > names.length ? ` and ${bad.length - names.length} more` : "";
  const who = bad.length === 0 ? "all are well" : `look at ${names.join(", ")}${more}`;
  const perfData = [
    `sites=${all.length};;;0`,
    ...([1, 2, 3] as const).map(
      (one) =>
        `${stateNames[one].toLowerCase()}=${all.filter((site) => site.state === one).length};;;0`,
    ),
  ];
  const head = `SITEFERRY ${stateNames[state]} - ${all.length} sites: ${who} | ${perfData.join(" ")}`;
  const lines = bad.map(
    ({ site, state: its, summary }) => `${site}: ${stateNames[its]}: ${shown(summary)}`,
  );
  return { state, text: [head, ...lines].join("\n") };
}

/** A table for a terminal, a line each site, with what else there is to know below it. */
export function healthTable(all: readonly SiteHealth[]): string {
  if (all.length === 0) return "No site is configured.";
  const width = Math.max(...all.map(({ site }) => site.length));
  return all
    .flatMap(({ site, state, summary, details }) => [
      `${site.padEnd(width)}  ${stateNames[state].padEnd(8)}  ${shown(summary)}`,
      ...details.map((line) => `${" ".repeat(width)}  ${shown(line)}`),
    ])
    .join("\n");
}
