// What SSH can do, for both halves.

import { limits } from "@siteferry/model";
import type { Traits } from "../../transport.ts";

export function sshTraits(direction: Traits["direction"], acknowledges: boolean): Traits {
  const bundleBytesMax = limits.bundleBytesMax;
  return { bundleBytesMax, atomicPublish: true, acknowledges, oneWay: false, direction };
}
