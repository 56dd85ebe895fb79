// Bytes that age draws by itself, from the seed: a course may hang on the hash of a file, by which the
// inbox sorts two of one name, and a seed has to be the same run in every process.

import { seededDice } from "../fake-site/dice.ts";

/** While `work` runs, the platform's `getRandomValues` is seeded; one at a time. */
export async function withSeededCrypto<Result>(
  seed: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const dice = seededDice(seed);
  const getRandomValues = (bytes: Uint8Array): Uint8Array =>
    bytes.map((_, index) => (bytes[index] = Math.floor(dice.between(0, 256))));
  Object.defineProperty(crypto, "getRandomValues", { value: getRandomValues, configurable: true });
  try {
    return await work();
  } finally {
    // What is left is the platform's own, of the prototype.
    Reflect.deleteProperty(crypto, "getRandomValues");
  }
}
