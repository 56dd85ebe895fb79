// What the sender's checks look at.

import type { Probes } from "@siteferry/agent";
import type { Probed, SendingTransport } from "@siteferry/carry/contract";
import type { Site } from "@siteferry/collect";
import type { LivestatusClient } from "@siteferry/livestatus";
import type { World } from "@siteferry/model";
import type { SenderSettings } from "../settings.ts";
import type { TransportSettings } from "../transports/index.ts";

export interface SenderSubject {
  readonly settings: SenderSettings;
  /** The sender's own directory in the spool. */
  readonly spool: string;
  readonly world: World;
  readonly probes: Probes;
  /** A connection to the core. */
  connect(): Promise<LivestatusClient>;
  openSite(client: LivestatusClient): Promise<Site>;
  readonly links: readonly LinkSubject[];
}

export interface LinkSubject {
  readonly settings: TransportSettings;
  /** Throws what is wrong with its files. */
  open(): Promise<SendingTransport>;
  /** Once, however often it is asked for; null: it can't be asked. */
  probed(): Promise<Probed | null>;
}
