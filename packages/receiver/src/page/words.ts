// How numbers and times are said on the page.

import { durationOf } from "@siteferry/agent";
import { timeOf } from "../health/judge.ts";
import { html, type Markup, type Part } from "./markup.ts";

export function duration(seconds: number | null): string {
  return seconds === null ? "—" : durationOf(seconds);
}

export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

export function moment(ms: number): Markup {
  const text = timeOf(ms);
  return html`<time class="whole" datetime="${text}">${text}</time>`;
}

/** `12 up, 1 down`: what there is none of isn't said. */
export function tally(counts: Readonly<Record<string, number>> | null): Part {
  if (counts === null) return "—";
  const some = Object.entries(counts).filter(([, number]) => number > 0);
  if (some.length === 0) return "none";
  return some.map(([name, number], index) => [
    index === 0 ? null : ", ",
    html`<span class="whole">${number} ${name}</span>`,
  ]);
}
