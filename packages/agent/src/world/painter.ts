// Colours of a real terminal. Node decides: a stream that is one, NO_COLOR, TERM, FORCE_COLOR.

import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { Paint, Tone } from "../paint.ts";

const colours = {
  good: "green",
  warning: "yellow",
  bad: "red",
  unknown: "magenta",
  minor: "dim",
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** For what is written to `stream`. */
export function painterFor(stream: WriteStream): Paint {
  return (tone, text) => styleText(colours[tone], text, { stream });
}
