// For tests: one service at a site, as a core there counts its attempts and logs its changes; and what a
// core at the centre makes of the results that it reads, written apart from what is tested.

import type { HostName, ServiceDescription, ServiceState, SiteEvent } from "@siteferry/model";
import { serviceState } from "./centre-model.ts";

/** What a service is in; `attempt` is 1 of what is hard. */
export interface Standing {
  readonly state: number;
  readonly isHard: boolean;
  readonly attempt: number;
}

export const well: Standing = { state: 0, isHard: true, attempt: 1 };

/** The rules that all cores share: a problem is soft until it was seen `attemptsMax` times in a row. */
export function nextStanding(before: Standing, state: number, attemptsMax: number): Standing {
  if (state === 0) return well;
  if (before.state !== 0 && before.isHard) return { state, isHard: true, attempt: 1 };
  const attempt = before.state === 0 ? 1 : before.attempt + 1;
  const isHard = attempt >= attemptsMax;
  return { state, isHard, attempt: isHard ? 1 : attempt };
}

/** A change of state and when it came. */
export interface Change {
  readonly time: number;
  readonly state: number;
}

/** A service `s<index>` of the host `web`. */
export class SiteService {
  row: ServiceState;
  standing: Standing = well;
  /** All that it logged. */
  readonly alerts: SiteEvent[] = [];
  /** All checks that ran. */
  readonly checks: Change[] = [];
  readonly #index: number;
  readonly #attemptsMax: number;
  #since: number;
  #hardSince: number;

  /** It is well since `since`, when it was checked first. */
  constructor(index: number, attemptsMax: number, since: number) {
    this.#index = index;
    this.#attemptsMax = attemptsMax;
    this.#since = since;
    this.#hardSince = since;
    this.checks.push({ time: since, state: 0 });
    this.row = this.#row(since);
  }

  /** `logDelay`: seconds between the check and its line in the log. */
  check(time: number, state: number, logDelay = 0): void {
    const before = this.standing;
    const now = nextStanding(before, state, this.#attemptsMax);
    this.standing = now;
    this.checks.push({ time, state });
    if (now.state !== before.state) this.#since = time;
    const hasHardened = now.isHard && (!before.isHard || now.state !== before.state);
    if (hasHardened) this.#hardSince = time;
    this.row = this.#row(time);
    const isSame =
      now.state === before.state && now.isHard === before.isHard && now.attempt === before.attempt;
    if (!isSame) this.alerts.push(this.#alert(time + logDelay));
  }

  /** Each state that it came to, and when. */
  changes(): Change[] {
    return changesOf(this.checks);
  }

  #row(lastCheck: number): ServiceState {
    const { state, isHard, attempt } = this.standing;
    return {
      ...serviceState(this.#index, lastCheck, state),
      state_type: isHard ? 1 : 0,
      current_attempt: attempt,
      last_state_change: this.#since,
      last_hard_state: isHard ? state : 0,
      last_hard_state_change: this.#hardSince,
    };
  }

  #alert(time: number): SiteEvent {
    const { state, isHard, attempt } = this.standing;
    return {
      time,
      host_name: "web" as HostName,
      description: `s${this.#index}` as ServiceDescription,
      kind: "alert",
      state,
      state_type: isHard ? 1 : 0,
      attempt,
      plugin_output: `state ${state}`,
    };
  }
}

export function changesOf(checks: readonly Change[]): Change[] {
  return checks.filter(({ state }, index) => index === 0 || checks[index - 1]!.state !== state);
}

/** What a core read of one service, from `service@time:state`, in order. */
export function readBy(delivered: readonly string[], service: string): Change[] {
  return delivered
    .map((result) => /^(.*)@(\d+):(\d)$/.exec(result)!)
    .filter(([, object]) => object === service)
    .map(([, , time, state]) => ({ time: Number(time), state: Number(state) }));
}

/** Where a core with this max_check_attempts is after all of it. */
export function standingAfter(results: readonly Change[], attemptsMax: number): Standing {
  return results.reduce((before, { state }) => nextStanding(before, state, attemptsMax), well);
}

/** Seconds in each state until `end`. */
export function secondsPerState(changes: readonly Change[], end: number): readonly number[] {
  const seconds = [0, 0, 0, 0];
  for (const [index, { time, state }] of changes.entries()) {
    seconds[state]! += (changes[index + 1]?.time ?? end) - time;
  }
  return seconds;
}
