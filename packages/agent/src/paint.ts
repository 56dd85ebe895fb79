// Colours of words that say how something is. The word always says it, too: colour only makes it found
// sooner. Where there are none (no terminal, NO_COLOR, TERM=dumb) they are left out by {@link painter}.

import type { PluginState } from "./plugin.ts";

export type Tone = "good" | "warning" | "bad" | "unknown" | "minor";

/** Gives a text the colour of a tone, or leaves it. */
export type Paint = (tone: Tone, text: string) => string;

export const unpainted: Paint = (_tone, text) => text;

/** Of OK, WARNING, CRITICAL, UNKNOWN. */
export function toneOf(state: PluginState): Tone {
  return (["good", "warning", "bad", "unknown"] as const)[state];
}
