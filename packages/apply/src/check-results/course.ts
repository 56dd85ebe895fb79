// How a core counts attempts, and the results that bring one object from where the core stands to where
// the site does: what the site logged meanwhile, and what has to be filled in. Pure.

import { limits, type Seconds } from "@siteferry/model";
import { type Reached, stampTime, undelivered } from "./applied.ts";
import type { ResultColumns } from "./format.ts";

/** A state as the site had it at one time. */
export interface Turn {
  readonly time: Seconds;
  readonly state: number;
  readonly isHard: boolean;
  readonly attempt: number;
  readonly output: string;
  /** When the site came to this state, and when it became hard; 0: unknown. */
  readonly since: Seconds;
  readonly hardSince: Seconds;
}

/** What an invented recovery says: when the site was well again nobody knows. */
export const recoveryOutput = "siteferry: recovered between two dumps of the site";

/** One object on its way; `earlier` are the results before the current one, in order. */
export class Course {
  readonly earlier: ResultColumns[] = [];
  /** Of a soft problem; 0: hard. */
  attempt: number;
  #state: number;
  #time: Seconds;
  /** Results that there was no room for. */
  passedOver = 0;
  readonly #attemptsMax: number;
  readonly #earlierMax: number;

  /**
   * `attemptsMax`: the core's max_check_attempts for it; 1 also if it takes each problem for hard.
   * `earlierMax`: for so many results before the current one there is room.
   */
  constructor({ stamp, attempt = 0 }: Reached, attemptsMax: number, earlierMax: number) {
    this.#state = stamp % 8;
    this.#time = stampTime(stamp);
    this.attempt = attempt;
    this.#attemptsMax = attemptsMax;
    // The current one needs its place in the file, too.
    this.#earlierMax = Math.min(earlierMax, limits.resultsPerFileMax - 1);
  }

  /** A state that the site was in before. One that the core is in already is no turn. */
  pass(turn: Turn): void {
    const goal = this.#goal(turn);
    if (this.#state === turn.state && this.attempt === goal) return;
    this.#fillUp(turn, goal);
    this.#hand(turn.state, turn.time, turn.output);
  }

  /** The current state, of which the result itself isn't in `earlier`. */
  arrive(turn: Turn): void {
    this.#fillUp(turn, this.#goal(turn));
    this.#count(turn.state);
  }

  /** The attempt at which the core has to end; 0: hard. */
  #goal({ state, isHard, attempt }: Turn): number {
    if (state === 0 || isHard || this.#attemptsMax <= 1) return 0;
    return Math.min(Math.max(attempt, 1), this.#attemptsMax - 1);
  }

  /** Everything that the core lacks before the result of the turn itself. */
  #fillUp(turn: Turn, goal: number): void {
    const { time, state, since, hardSince, output } = turn;
    const begin = this.#isWithin(since, time) ? since : null;
    if (this.#needsRecovery(state, goal, since)) {
      if (this.#hand(0, spread(this.#time, begin ?? time, 0, 1), recoveryOutput)) {
        this.#fillUp(turn, goal);
      }
      return;
    }
    const count = this.#missing(state, goal);
    // Of what is hard a repetition doesn't count: so it may come once more, at the time when the site
    // came to it. A first result that is OK leaves no such time in the core.
    const mayRepeat = goal === 0 && (state !== 0 || this.#time > 0);
    const end = mayRepeat && count > 1 && this.#isWithin(hardSince, time) ? hardSince : time;
    const isNew = this.#state !== state;
    const first = isNew && begin !== null && begin < end ? begin : null;
    if (first !== null && (count > 1 || mayRepeat)) this.#hand(state, first, output);
    const rest = first === null || count <= 1 ? count - 1 : count - 2;
    // Of an object that the core sees for the first time there is no earlier time to spread from.
    const from = this.#time === 0 ? end : this.#time;
    for (let index = 0; index < rest; index++) {
      this.#hand(state, spread(from, end, index, rest), output);
    }
    if (end < time) this.#hand(state, end, output);
  }

  #isWithin(when: Seconds, time: Seconds): boolean {
    return when > this.#time && when < time;
  }

  /**
   * From hard to soft, or to an earlier attempt, the only way is through a recovery. If the site says that
   * it has been in this state all the time there was none.
   */
  #needsRecovery(state: number, goal: number, since: Seconds): boolean {
    if (state === 0 || goal === 0 || !this.#isProblem()) return false;
    return (this.attempt === 0 || this.attempt >= goal) && since > this.#time;
  }

  /** Results of the state up to its goal, with that of the turn itself; at least that. */
  #missing(state: number, goal: number): number {
    if (state === 0) return 1;
    const wanted = goal === 0 ? this.#attemptsMax : goal;
    if (!this.#isProblem()) return wanted;
    return this.attempt === 0 ? 1 : Math.max(1, wanted - this.attempt);
  }

  #isProblem(): boolean {
    return this.#state !== 0 && this.#state !== undelivered;
  }

  /** False: there is no room for it. */
  #hand(state: number, time: Seconds, output: string): boolean {
    if (this.earlier.length >= this.#earlierMax) {
      this.passedOver++;
      return false;
    }
    this.#count(state);
    this.#time = time;
    this.earlier.push({
      state,
      last_check: time,
      execution_time: 0,
      latency: 0,
      plugin_output: output.slice(0, limits.replayedOutputMax),
      long_plugin_output: "",
      // Its numbers were measured once, and stand in the current one.
      perf_data: "",
    });
    return true;
  }

  /** What the core makes of one more result. */
  #count(state: number): void {
    const isHard = this.#isProblem() && this.attempt === 0;
    const attempt = this.#isProblem() ? this.attempt + 1 : 1;
    this.attempt = state === 0 || isHard || attempt >= this.#attemptsMax ? 0 : attempt;
    this.#state = state;
  }
}

/** One of `count` times between two, never the first of them. */
function spread(from: Seconds, to: Seconds, index: number, count: number): Seconds {
  return from + Math.ceil(((to - from) * (index + 1)) / (count + 1));
}
