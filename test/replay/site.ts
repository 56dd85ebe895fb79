// One service at a site, checked as a test says: its row of state, and what it logged.

import type { HostName, ServiceDescription, ServiceState, SiteEvent } from "@siteferry/model";

export const hostName = "web" as HostName;

interface Check {
  readonly time: number;
  readonly state: number;
}

export class CheckedService {
  readonly description: ServiceDescription;
  readonly checks: Check[] = [];
  readonly alerts: SiteEvent[] = [];
  /** 1 of what is hard. */
  attempt = 1;
  isHard = true;
  state = 0;
  #since = 0;
  #hardSince = 0;
  readonly #attemptsMax: number;

  constructor(description: string, attemptsMax: number) {
    this.description = description as ServiceDescription;
    this.#attemptsMax = attemptsMax;
  }

  check(time: number, state: number): void {
    const { state: before, isHard: wasHard, attempt: attemptBefore } = this;
    const attempt = before === 0 ? 1 : attemptBefore + 1;
    this.isHard = state === 0 || (before !== 0 && wasHard) || attempt >= this.#attemptsMax;
    this.attempt = this.isHard ? 1 : attempt;
    this.state = state;
    this.checks.push({ time, state });
    const isNew = state !== before || this.#since === 0;
    if (isNew) this.#since = time;
    if (this.isHard && (isNew || !wasHard)) this.#hardSince = time;
    if (isNew || this.attempt !== attemptBefore || this.isHard !== wasHard) this.#log(time);
  }

  row(): ServiceState {
    const { time = 0 } = this.checks.at(-1) ?? {};
    return {
      host_name: hostName,
      description: this.description,
      has_been_checked: 1,
      state: this.state,
      state_type: this.isHard ? 1 : 0,
      current_attempt: this.attempt,
      last_check: time,
      last_state_change: this.#since,
      last_hard_state: this.isHard ? this.state : 0,
      last_hard_state_change: this.#hardSince,
      latency: 0,
      execution_time: 0.5,
      plugin_output: `state ${this.state}`,
      long_plugin_output: "",
      perf_data: "a=1",
      acknowledged: 0,
      acknowledgement_type: null,
      scheduled_downtime_depth: 0,
      is_flapping: null,
      percent_state_change: null,
      staleness: null,
    };
  }

  #log(time: number): void {
    this.alerts.push({
      time,
      host_name: hostName,
      description: this.description,
      kind: "alert",
      state: this.state,
      state_type: this.isHard ? 1 : 0,
      attempt: this.attempt,
      plugin_output: `state ${this.state}`,
    });
  }
}

/** Seconds in each state until `end`. */
export function secondsPerState(checks: readonly Check[], end: number): readonly number[] {
  const seconds = [0, 0, 0, 0];
  for (const [index, { time, state }] of checks.entries()) {
    seconds[state]! += (checks[index + 1]?.time ?? end) - time;
  }
  return seconds;
}
