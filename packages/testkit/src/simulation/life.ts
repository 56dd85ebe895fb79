// One life of a process: from its start to its end, or to the call in which it is killed. Every call
// of the world goes through it, so that nothing of a dead process acts any more.

import type { Dice } from "../fake-site/dice.ts";

/** Thrown out of the call in which a process dies, and out of every later one. */
export class Killed extends Error {}

export interface Fate {
  /** The call in which it dies, counted from 1. */
  readonly diesAt: number;
  readonly moment: "before" | "within" | "after";
  /** The share of calls that fail with EIO. */
  readonly failing: number;
}

export const longLife: Fate = { diesAt: Number.POSITIVE_INFINITY, moment: "before", failing: 0 };

export class Life {
  calls = 0;
  dead = false;
  /** The last calls, for the trace of a failure. */
  readonly last: string[] = [];
  readonly #fate: Fate;
  readonly #dice: Dice;

  constructor(fate: Fate, dice: Dice) {
    this.#fate = fate;
    this.#dice = dice;
  }

  /** `within` is what a call leaves that is cut in its middle. */
  async call<Result>(
    what: string,
    effect: () => Result,
    within: () => void = () => {},
  ): Promise<Result> {
    // What is called takes its time: others may run before its effect.
    await Promise.resolve();
    this.#check(what);
    this.calls += 1;
    this.last.push(what);
    if (this.last.length > 12) this.last.shift();
    const { diesAt, moment, failing } = this.#fate;
    if (this.calls >= diesAt) {
      this.dead = true;
      if (moment === "within") within();
      if (moment === "after") effect();
      this.#check(what);
    }
    if (failing > 0 && this.#dice.falls(failing)) throw systemError("EIO", what);
    return effect();
  }

  #check(what: string): void {
    if (this.dead) throw new Killed(`killed at call ${this.calls}, ${what}`);
  }
}

export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${what}`), { code });
}
