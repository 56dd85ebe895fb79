// What a directory can do, for both halves.

import type { Traits } from "../../transport.ts";

export function dropTraits(bundleBytesMax: number): Traits {
  return {
    bundleBytesMax,
    atomicPublish: true,
    acknowledges: false,
    oneWay: true,
    direction: "push",
  };
}
