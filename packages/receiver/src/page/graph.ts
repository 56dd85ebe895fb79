// What came of a site over the last day, as bars in half hours; and the same in words for who doesn't see them.

import type { TrafficSlot } from "../health/traffic.ts";
import { sizeOf } from "../health/words.ts";
import { html, type Markup } from "./markup.ts";
import { count } from "./words.ts";

const barWidth = 4;

export interface GraphSize {
  readonly width: number;
  readonly height: number;
}

export function trafficGraph(slots: readonly TrafficSlot[], { width, height }: GraphSize): Markup {
  const inner = slots.length * barWidth;
  const largest = Math.max(1, ...slots.map(({ bytes }) => bytes));
  const bars = slots.map(({ bytes }, index) => {
    if (bytes === 0) return "";
    const bar = Math.max(1, Math.round((bytes / largest) * (height - 1)));
    return `M${index * barWidth} ${height - 1 - bar}h${barWidth - 1}v${bar}h-${barWidth - 1}z`;
  });
  return html`<svg
    role="img"
    aria-label="${trafficInWords(slots)}"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${inner} ${height}"
    preserveAspectRatio="none"
  >
    <path class="ground" d="M0 ${height - 0.5}H${inner}" />
    <path class="bars" d="${bars.join("")}" />
  </svg>`;
}

export function trafficInWords(slots: readonly TrafficSlot[]): string {
  const bundles = slots.reduce((sum, slot) => sum + slot.bundles, 0);
  const bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0);
  if (bundles === 0) return "nothing in the last day";
  const largest = Math.max(...slots.map((slot) => slot.bytes));
  const empty = slots.filter((slot) => slot.bundles === 0).length;
  return [
    `${count(bundles, "bundle", "bundles")} of ${sizeOf(bytes)} in the last day`,
    `at most ${sizeOf(largest)} in half an hour`,
    ...(empty === 0 ? [] : [`nothing in ${empty} of ${slots.length} half hours`]),
  ].join("; ");
}
