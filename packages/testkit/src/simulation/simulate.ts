// Runs by number: the same seed is the same run, call by call.

import { type Keys, makeKeys } from "./agents.ts";
import { type CourseOptions, runCourse } from "./course.ts";
import { Scene } from "./scene.ts";

export interface SimulationFailure {
  readonly seed: number;
  readonly wrong: readonly string[];
  /** The last acts before it, one a line. */
  readonly trace: readonly string[];
}

/** Runs the seeds one after the other up to the first that fails; null if none does. */
export async function simulate(
  seeds: Iterable<number>,
  options: CourseOptions,
): Promise<SimulationFailure | null> {
  const keys: Keys = await makeKeys();
  for (const seed of seeds) {
    const scene = new Scene(seed, keys);
    const wrong = await runCourse(scene, options).catch((error: Error) => [String(error.stack)]);
    if (wrong.length > 0) return { seed, wrong, trace: scene.trace };
  }
  return null;
}
