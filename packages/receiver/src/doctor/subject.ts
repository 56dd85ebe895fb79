// What the receiver's checks look at.

import type { Probes } from "@siteferry/agent";
import type { Icinga2Connection } from "@siteferry/apply";
import type { ListeningTransport, ReceivingTransport } from "@siteferry/carry/contract";
import type { LivestatusClient } from "@siteferry/livestatus";
import type { World } from "@siteferry/model";
import type { SiteHealth } from "../health/judge.ts";
import type { Icinga2Settings } from "../icinga2-settings.ts";
import type { ReceiverSettings } from "../settings.ts";
import type { TransportSettings } from "../transports/index.ts";
import type { CoreConfiguration } from "./core-configuration.ts";

export interface ReceiverSubject {
  readonly settings: ReceiverSettings;
  /** The receiver's own directory in the spool. */
  readonly spool: string;
  readonly world: World;
  readonly probes: Probes;
  /** The main file of the core at the centre; null: it wasn't found, or there is none. Throws if it can't be read. */
  core(): Promise<CoreConfiguration | null>;
  /** Whether a process reads the core's command file. Nothing is written. */
  hasReader(commandFile: string): Promise<boolean>;
  /** What the receiver at a port of this machine says of itself, `ok` if it is well; null: it is none. */
  receiverAt(host: string, port: number, hasTls: boolean): Promise<string | null>;
  connect(address: string, tls: object | undefined): Promise<LivestatusClient>;
  icinga2(settings: Icinga2Settings): Promise<Icinga2Connection>;
  health(): Promise<readonly SiteHealth[]>;
  readonly links: readonly LinkSubject[];
}

export interface LinkSubject {
  readonly settings: TransportSettings;
  /** Throws what is wrong with its files. */
  open(): Promise<ReceivingTransport | ListeningTransport>;
}
