// For tests: the receiver's side and the core's side of one check-result spool, and rows to put
// through it.

import type {
  HostName,
  HostState,
  ServiceDescription,
  ServiceState,
  SiteId,
  States,
} from "@siteferry/model";
import {
  type AppliedRecord,
  type AppliedStore,
  decodeApplied,
  encodeApplied,
  nothingApplied,
} from "./applied.ts";
import type { ResultCounts } from "./plan.ts";
import { type Death, Died, MemorySpool } from "./spool-model.ts";
import { checkResultsTarget, type SiteStates } from "./target.ts";

export const site: SiteId = "remote1" as SiteId;
const startMs: number = 1_795_000_000_000;
export const nowSeconds: number = startMs / 1000;
export const minuteMs: number = 60_000;

/** The receiver's disk: saves are operations of the process like any other. */
class DiskStore implements AppliedStore {
  bytes: Uint8Array = encodeApplied(nothingApplied);
  saves = 0;
  readonly #spool: MemorySpool;
  constructor(spool: MemorySpool) {
    this.#spool = spool;
  }
  async load(): Promise<AppliedRecord> {
    return decodeApplied(this.bytes);
  }
  save(_site: SiteId, record: AppliedRecord): Promise<void> {
    const bytes = encodeApplied(record);
    return this.#spool.step(() => {
      this.saves++;
      this.bytes = bytes;
    });
  }
}

export function serviceState(index: number, lastCheck: number, state = 0): ServiceState {
  return {
    host_name: "web" as HostName,
    description: `s${index}` as ServiceDescription,
    has_been_checked: 1,
    state,
    state_type: 1,
    current_attempt: 1,
    last_check: lastCheck,
    last_state_change: 0,
    last_hard_state: null,
    last_hard_state_change: null,
    latency: 0,
    execution_time: 0,
    plugin_output: `state ${state} at ${lastCheck}`,
    long_plugin_output: "",
    perf_data: "",
    acknowledged: 0,
    acknowledgement_type: null,
    scheduled_downtime_depth: 0,
    is_flapping: null,
    percent_state_change: null,
    staleness: null,
  };
}

export function hostState(name: string, lastCheck: number, state = 0): HostState {
  const {
    host_name: _host,
    description: _description,
    ...common
  } = serviceState(0, lastCheck, state);
  return { ...common, name: name as HostName };
}

export function services(...states: ServiceState[]): States {
  return { hosts: [], services: states };
}

/** The centre: a spool, a core that reads it, a receiver that is started anew for every pass. */
export class Centre {
  readonly spool: MemorySpool = new MemorySpool(startMs);
  readonly store: DiskStore = new DiskStore(this.spool);
  /** `object@last_check:state`, in the order in which the core read them. */
  readonly delivered: string[] = [];
  readonly warnings: object[] = [];
  live: SiteStates["isLive"] = () => true;
  isWhole: boolean = false;
  attemptsMax: SiteStates["attemptsMax"];
  secondsAhead: number = 0;
  of: SiteId = site;
  #seed = 0;

  /** One run of a fresh process. */
  async run(states: States, death: Death | null = null): Promise<ResultCounts> {
    this.spool.restart(death);
    const target = checkResultsTarget(
      {
        files: this.spool.files,
        clock: { now: () => this.spool.nowMs },
        random: { bytes: (count) => this.#bytes(count) },
        log: { debug() {}, info() {}, warn: (fields) => this.warnings.push(fields), error() {} },
        store: this.store,
      },
      { directory: "/spool", core: "nagios", mode: 0o644, groupId: null },
    );
    const { live: isLive, isWhole, attemptsMax, secondsAhead } = this;
    const hostName: SiteStates["hostName"] = (host) => host;
    return await target.apply({
      site: this.of,
      states,
      hostName,
      isLive,
      isWhole,
      attemptsMax,
      secondsAhead,
    });
  }

  async runUntilDeath(states: States, death: Death): Promise<"died" | "finished"> {
    try {
      await this.run(states, death);
      return "finished";
    } catch (error) {
      if (error instanceof Died) return "died";
      throw error;
    }
  }

  coreReads(): void {
    for (const record of this.spool.coreReads()) {
      const service = record.get("service_description");
      const object = service === undefined ? record.get("host_name") : service;
      this.delivered.push(
        `${object}@${Number.parseInt(record.get("start_time")!, 10)}:${record.get("return_code")}`,
      );
    }
  }

  #bytes(count: number): Uint8Array {
    this.#seed++;
    return Uint8Array.from({ length: count }, (_, index) => (this.#seed >> (5 * index)) & 31);
  }
}

/** 5 services in each of several files would be slow to enumerate; 1,003 make two files. */
export function manyServices(count: number, lastCheck: number): States {
  return services(...Array.from({ length: count }, (_, index) => serviceState(index, lastCheck)));
}

export function expectedOf(states: States): string[] {
  return states.services.map((row) => `${row.description}@${row.last_check}:${row.state}`).sort();
}
