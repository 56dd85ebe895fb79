// What a core at the centre has of what people said about objects. Whoever reads it back (Livestatus, a
// status file) makes this; the difference to what a site says becomes commands.

import type { Flag, HostName, Seconds, ServiceDescription } from "@siteferry/model";

/** An object by its names at the centre; without a service it is the host. */
export interface ObjectAt {
  readonly host: HostName;
  readonly service: ServiceDescription | null;
}

/**
 * Fields as in the model's `SiteComment`. An id holds as long as its core runs: by one of before a restart
 * another thing would be removed.
 */
export interface CentreComment extends ObjectAt {
  readonly id: number;
  readonly author: string;
  readonly text: string;
  readonly entryTime: Seconds;
  readonly entryType: number;
  readonly persistent: Flag;
}

/** Fields as in the model's `SiteDowntime`. */
export interface CentreDowntime extends ObjectAt {
  readonly id: number;
  readonly author: string;
  readonly text: string;
  readonly entryTime: Seconds;
  readonly startTime: Seconds;
  readonly endTime: Seconds;
  readonly fixed: Flag;
  readonly duration: number;
  readonly triggeredBy: number;
}

export interface CentreObject {
  readonly hasBeenChecked: Flag;
  readonly state: number;
  /**
   * 0 not acknowledged, 1 until the state changes, 2 sticky. Cores' own `acknowledgement_type` may say 1 or 2 of
   * what isn't acknowledged any more.
   */
  readonly acknowledgement: number;
}

export interface CentreView {
  /** The moment that it shows: when it was asked for, or when the status file was written. */
  readonly madeAtMs: number;
  /** Null: the core doesn't know the object. By name, never by address. */
  object(at: ObjectAt): CentreObject | null;
  readonly comments: readonly CentreComment[];
  readonly downtimes: readonly CentreDowntime[];
}
