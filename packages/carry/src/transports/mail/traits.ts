// What mail can do, for both halves: nothing ever comes back, and nobody knows when it arrives.

import type { Traits } from "../../transport.ts";

export function mailTraits(bundleBytesMax: number): Traits {
  return {
    bundleBytesMax,
    // A bundle of several parts is offered when the last one has come.
    atomicPublish: true,
    acknowledges: false,
    oneWay: true,
    direction: "push",
  };
}
