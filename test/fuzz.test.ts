// 100,000 mutated bundles: each is taken or refused with a code; nothing crashes, hangs or eats
// memory. FUZZ_SEED=N replays one of them, FUZZ_CASES=N runs another number.

import {
  applyDelta,
  unpack,
  verify,
  type OpenedBundle,
  type OpenedKeyframe,
} from "@siteferry/bundle";
import { Refusal } from "@siteferry/model";
import { expect, test } from "vitest";
import { base, trust } from "@siteferry/bundle/forge";
import { honestBundle, mutant } from "./fuzz-mutations.ts";

const replayed = process.env["FUZZ_SEED"];
const cases = replayed === undefined ? Number(process.env["FUZZ_CASES"] ?? 100_000) : 1;
const firstSeed = Number(replayed ?? 1);
/** Of the processor, not of the clock: a machine with other work is no hang. */
const hangSeconds = 1;
const growthBytesMax = 512 * 2 ** 20;

async function open(bytes: Uint8Array): Promise<OpenedBundle> {
  return unpack(await verify(bytes, trust));
}

const honest = (await open(honestBundle("keyframe"))) as OpenedKeyframe;
/** Calls itself the one that the forged deltas are against. */
const keyframe: OpenedKeyframe = { ...honest, header: { ...honest.header, ...base } };

/** What became of a bundle: `accepted` or the code of its refusal; throws for anything else. */
async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    const bundle = await open(bytes);
    if (bundle.kind === "delta") applyDelta(keyframe, bundle);
    return "accepted";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

test(`${cases} mutated bundles from seed ${firstSeed} on`, { timeout: 600_000 }, async () => {
  const outcomes = new Map<string, number>();
  const before = process.memoryUsage().rss;
  const seeds = numbers(firstSeed, firstSeed + cases);
  const lane = async (): Promise<void> => {
    for (const seed of seeds) {
      const bytes = mutant(seed);
      const start = process.cpuUsage();
      const found = await outcome(bytes).catch((cause: unknown) => {
        throw new Error(`FUZZ_SEED=${seed} is neither taken nor refused`, { cause });
      });
      const { user, system } = process.cpuUsage(start);
      if ((user + system) / 1e6 > hangSeconds) throw new Error(`FUZZ_SEED=${seed} hangs`);
      outcomes.set(found, (outcomes.get(found) ?? 0) + 1);
    }
  };
  // The thread pool inflates for one lane while the others are judged.
  await Promise.all([lane(), lane(), lane()]);
  expect(process.memoryUsage().rss - before).toBeLessThan(growthBytesMax);
  const seen = [...outcomes].toSorted(([, one], [, other]) => other - one);
  process.stdout.write(`${seen.map(([code, count]) => `${code} ${count}`).join(", ")}\n`);
  // A fuzzer that only scratches the surface finds nothing: every layer must have been reached.
  expect(outcomes.size).toBeGreaterThanOrEqual(cases >= 100_000 ? 30 : 1);
});

function* numbers(from: number, end: number): Generator<number> {
  for (let number = from; number < end; number++) yield number;
}
