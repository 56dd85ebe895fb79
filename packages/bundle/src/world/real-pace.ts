// The pace of a real process: after a slice of work the event loop runs once.

import { limits, Refusal } from "@siteferry/model";
import type { Pace } from "../pace.ts";

/** Long enough that the breaks cost nothing, short enough that nobody notices. */
const sliceMs = 20;

/** One opening, which begins now. */
export function realPace(openingMs: number = limits.openingMsMax): Pace {
  const deadline = performance.now() + openingMs;
  let sliceEnd = performance.now() + sliceMs;
  return {
    breathe() {
      const now = performance.now();
      if (now < sliceEnd) return undefined;
      if (now > deadline) {
        throw new Refusal("opening-timeout", `opening took longer than ${openingMs / 1000} s`);
      }
      return new Promise((resolve) => {
        setImmediate(() => {
          sliceEnd = performance.now() + sliceMs;
          resolve();
        });
      });
    },
  };
}
