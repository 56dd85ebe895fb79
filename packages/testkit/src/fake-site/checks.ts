// The state columns of a pretended site: what each check last found, and what becomes of it when it
// runs again. One array a column, so that 100,000 checks are a few dozen arrays.

import type { Seconds } from "@siteferry/model";

import type { Dice } from "./dice.ts";

/** What a plugin printed and returned. */
export interface Finding {
  readonly state: number;
  readonly output: string;
  /** With real line feeds. */
  readonly longOutput: string;
  readonly perfData: string;
}

/** A line of the core's log. */
export interface Alert {
  readonly index: number;
  readonly time: Seconds;
  readonly state: number;
  readonly isHard: boolean;
  readonly attempt: number;
  readonly output: string;
}

/** How bad a check's measured value is: fine, over the first threshold, over the second, no value. */
export type Trouble = 0 | 1 | 2 | 3;

const numberColumns = [
  "has_been_checked",
  "state",
  "state_type",
  "current_attempt",
  "last_check",
  "last_state_change",
  "last_hard_state",
  "last_hard_state_change",
  "latency",
  "execution_time",
  "acknowledged",
  "acknowledgement_type",
  "scheduled_downtime_depth",
  "is_flapping",
  "percent_state_change",
  "staleness",
] as const;
const textColumns = ["plugin_output", "long_plugin_output", "perf_data"] as const;

type StateColumns = Readonly<
  Record<(typeof numberColumns)[number], number[]> & Record<(typeof textColumns)[number], string[]>
>;

const troubleShare = 0.03;
const recoveryShare = 0.3;
const acknowledgedShare = 0.1;
/** What the log keeps: enough for a bundle. */
const alertsMax = 20_000;

export class Checks {
  /** By livestatus column name. */
  readonly columns: StateColumns;
  /** Oldest first. */
  readonly alerts: Alert[] = [];
  readonly #troubles: Trouble[];
  readonly #maxAttempts: number;
  readonly #dice: Dice;

  constructor(count: number, maxAttempts: number, dice: Dice) {
    this.columns = stateColumns(count);
    this.#troubles = filled<Trouble>(count, 0);
    this.#maxAttempts = maxAttempts;
    this.#dice = dice;
  }

  /** What the next run of a check will find: troubles come, stay for a while, and go. */
  nextTrouble(index: number): Trouble {
    const now = this.#troubles[index]!;
    if (!this.#dice.falls(now === 0 ? troubleShare : recoveryShare)) return now;
    const next = now === 0 ? ((1 + Math.floor(this.#dice.between(0, 3))) as Trouble) : 0;
    this.#troubles[index] = next;
    return next;
  }

  /** Enters a finding as a core does. Returns whether the state changed. */
  record(index: number, finding: Finding, at: Seconds): boolean {
    const { columns } = this;
    const first = columns.has_been_checked[index] === 0;
    const changed = columns.state[index] !== finding.state;
    const wasHard = columns.state_type[index] === 1;
    const hard = this.#climb(index, finding.state);
    // As Nagios does: each attempt until the state is a hard one.
    if (changed || !wasHard) this.#log(index, finding, at, hard);
    if (changed || first) columns.last_state_change[index] = at;
    if (hard && (first || columns.last_hard_state[index] !== finding.state)) {
      columns.last_hard_state[index] = finding.state;
      columns.last_hard_state_change[index] = at;
    }
    columns.has_been_checked[index] = 1;
    columns.state[index] = finding.state;
    columns.last_check[index] = at;
    columns.latency[index] = this.#seconds(0.001, 0.4);
    columns.execution_time[index] = this.#seconds(0.005, 1.5);
    columns.plugin_output[index] = finding.output;
    // As Naemon keeps it, whose livestatus this site pretends to be.
    columns.long_plugin_output[index] = finding.longOutput.replaceAll("\n", "\\n");
    columns.perf_data[index] = finding.perfData;
    this.#acknowledge(index, hard && finding.state !== 0);
    return changed;
  }

  #log(index: number, { state, output }: Finding, time: Seconds, isHard: boolean): void {
    const attempt = this.columns.current_attempt[index]!;
    this.alerts.push({ index, time, state, isHard, attempt, output });
    if (this.alerts.length > 2 * alertsMax) this.alerts.splice(0, alertsMax);
  }

  /** `staleness` as Checkmk has it: the age of the last check in check intervals. */
  age(at: Seconds, intervalSeconds: number): void {
    const { last_check: lastCheck, staleness } = this.columns;
    for (const [index, checked] of lastCheck.entries()) {
      staleness[index] = checked === 0 ? 0 : (at - checked) / intervalSeconds;
    }
  }

  /** Nagios's rule: a problem is soft until it was found often enough in a row. */
  #climb(index: number, state: number): boolean {
    const { columns } = this;
    const before = columns.state[index] === 0 ? 0 : columns.current_attempt[index]!;
    const attempt = state === 0 ? 1 : Math.min(before + 1, this.#maxAttempts);
    const hard = state === 0 || attempt === this.#maxAttempts;
    columns.current_attempt[index] = attempt;
    columns.state_type[index] = hard ? 1 : 0;
    return hard;
  }

  /** A long trouble is acknowledged now and then; a recovery ends that. */
  #acknowledge(index: number, known: boolean): void {
    const { acknowledged, acknowledgement_type: type } = this.columns;
    const is = known && (acknowledged[index] === 1 || this.#dice.falls(acknowledgedShare));
    acknowledged[index] = is ? 1 : 0;
    type[index] = is ? 2 : 0;
  }

  #seconds(low: number, high: number): number {
    return Number(this.#dice.between(low, high).toFixed(6));
  }
}

function stateColumns(count: number): StateColumns {
  const zeros = numberColumns.map((name) => [name, filled(count, 0)] as const);
  const empties = textColumns.map((name) => [name, filled(count, "")] as const);
  const columns = Object.fromEntries<number[] | string[]>([...zeros, ...empties]) as StateColumns;
  // As Nagios and Naemon show what they never checked.
  columns.state_type.fill(1);
  columns.current_attempt.fill(1);
  return columns;
}

function filled<Value>(count: number, value: Value): Value[] {
  return Array.from({ length: count }, () => value);
}
