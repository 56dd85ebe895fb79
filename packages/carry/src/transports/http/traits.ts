// What HTTP can do: pushed to the listener, and pulled from any web server.

import { limits } from "@siteferry/model";
import type { Traits } from "../../transport.ts";

export const httpTraits: Traits = {
  bundleBytesMax: limits.bundleBytesMax,
  atomicPublish: true,
  acknowledges: true,
  oneWay: false,
  direction: "push",
};

/** A web server that only hands out files hears nothing. */
export const httpPullTraits: Traits = {
  ...httpTraits,
  acknowledges: false,
  oneWay: true,
  direction: "pull",
};
