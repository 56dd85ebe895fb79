// The words of a plugin of a monitoring core, which both agents speak: states, their order, times, and what
// may stand in a line.

import { printable } from "@siteferry/model";

/** 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
export type PluginState = 0 | 1 | 2 | 3;

export const stateNames = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/** What is wrong, as a part of the one line. */
export interface Trouble {
  readonly state: PluginState;
  readonly words: string;
}

/** OK if there are none. */
export function worstOf(states: readonly PluginState[]): PluginState {
  const order: readonly PluginState[] = [2, 1, 3];
  return order.find((state) => states.includes(state)) ?? 0;
}

/** `1 site`, `2 sites`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `42 s`, `3 min`, `5 h`, `2 d`: as much as one needs at a glance. */
export function durationOf(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  const [size, unit] = units.find(([least]) => seconds >= 2 * least) ?? [1, "s"];
  return `${Math.round(seconds / size)} ${unit}`;
}

/** What comes from a site or a core mustn't end the line or begin perf data. */
export function pluginText(text: string): string {
  return printable(text, 1000).replaceAll("|", "¦");
}

/** The line of a plugin that can't say anything. */
export function unknownLine(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `SITEFERRY UNKNOWN - ${pluginText(reason.replaceAll("\n", " "))}`;
}
