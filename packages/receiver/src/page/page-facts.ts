// What the pages and the metrics are made of: the sites, what is known of none of them, and the receiver itself.

import type { SiteId } from "@siteferry/model";
import type { Quarantined, SiteView } from "../health/judge.ts";
import type { RunCounts } from "./run-record.ts";

export interface PageFacts {
  readonly centre: SiteId;
  readonly nowMs: number;
  readonly sites: readonly SiteView[];
  readonly strangers: readonly Quarantined[];
  /** The share of the spool's disk that is free, from 0 to 1. */
  readonly freeSpace: number;
  readonly runs: RunCounts;
  /** What is wrong with the receiver itself, as `receiverTroubles` says. */
  readonly troubles: readonly string[];
  /** As `receiverWaits` says. */
  readonly waits: readonly string[];
}
