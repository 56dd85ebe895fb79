// Runs by number: the same seed is the same run, call by call, in every process.

import { type CourseOptions, runCourse } from "./course.ts";
import { type Keys, makeKeys } from "./keys.ts";
import { Scene } from "./scene.ts";
import { withSeededCrypto } from "./seeded-crypto.ts";

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
  const keys = await makeKeys();
  for (const seed of seeds) {
    const { scene, wrong } = await simulateSeed(seed, keys, options);
    if (wrong.length > 0) return { seed, wrong, trace: scene.trace };
  }
  return null;
}

/** One run, and the scene as it left it. */
export async function simulateSeed(
  seed: number,
  keys: Keys,
  options: CourseOptions,
): Promise<{ readonly scene: Scene; readonly wrong: readonly string[] }> {
  const scene = new Scene(seed, keys);
  const course = withSeededCrypto(seed, () => runCourse(scene, options));
  return { scene, wrong: await course.catch((error: Error) => [String(error.stack)]) };
}
