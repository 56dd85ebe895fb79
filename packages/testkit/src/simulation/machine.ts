// A computer: its disk, its clock, and the lives of the one process on it. A process ends when its
// work is done, is killed in a call, or goes with the power.

import type { FileSystem, Log, World } from "@siteferry/model";
import { FerryError, systemCode } from "@siteferry/model";
import type { Dice } from "../fake-site/dice.ts";
import { MemoryDisk } from "./disk.ts";
import { type Fate, Killed, Life, longLife } from "./life.ts";
import { memoryFiles } from "./memory-files.ts";

export interface Ending {
  readonly kind: "done" | "failed" | "killed";
  readonly text: string;
  /** It failed in a way that no agent may fail in. */
  readonly defect: boolean;
}

export class Machine {
  disk: MemoryDisk = new MemoryDisk();
  /** How far its clock is off. */
  clockOffMs = 0;
  /** How often it was started. */
  boots = 1;
  readonly name: string;
  readonly dice: Dice;
  readonly onLog: (fields: object, message: string) => void;
  readonly #trueMs: () => number;
  /** Calls that the last run took, to place the next death among them. */
  callsOfLast = 60;

  constructor(
    name: string,
    dice: Dice,
    trueMs: () => number,
    onLog: (fields: object, message: string) => void,
  ) {
    this.name = name;
    this.dice = dice;
    this.onLog = onLog;
    this.#trueMs = trueMs;
  }

  nowMs(): number {
    return this.#trueMs() + this.clockOffMs;
  }

  /** Files as somebody sees them whom nothing happens to. */
  calmFiles(): FileSystem {
    return memoryFiles(this.disk, { now: () => this.nowMs() }, new Life(longLife, this.dice));
  }

  /** Nothing that runs survives it. */
  powerCut(): void {
    this.disk.powerCut(this.dice);
    this.boots += 1;
  }

  /** One life of an agent. What leaves `work` besides a failure of the world is a defect. */
  async live(fate: Fate, work: (world: World, life: Life) => Promise<string>): Promise<Ending> {
    const life = new Life(fate, this.dice);
    const ended = (kind: Ending["kind"], text: string, defect = false): Ending => {
      return { kind, text, defect };
    };
    try {
      const text = await work(this.#world(life), life);
      if (!life.dead) this.callsOfLast = Math.max(10, life.calls);
      return life.dead ? ended("killed", life.last.at(-1) ?? "") : ended("done", text);
    } catch (error) {
      if (error instanceof Killed || life.dead) return ended("killed", life.last.at(-1) ?? "");
      const isOfTheWorld = error instanceof FerryError || systemCode(error) !== undefined;
      const text = error instanceof Error ? error.message : String(error);
      return ended("failed", isOfTheWorld ? text : `${(error as Error).stack}`, !isOfTheWorld);
    }
  }

  #world(life: Life): World {
    const log: Log = {
      debug: () => {},
      info: () => {},
      warn: (fields, message) => this.onLog(fields, message),
      error: (fields, message) => this.onLog(fields, message),
    };
    return {
      clock: { now: () => this.nowMs() },
      random: {
        bytes: (count) => Uint8Array.from({ length: count }, () => this.dice.between(0, 256)),
      },
      files: memoryFiles(this.disk, { now: () => this.nowMs() }, life),
      log,
    };
  }
}
