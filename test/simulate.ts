// Runs the simulation by hand: `node test/simulate.ts --seed N --runs M`. A seed that fails is told
// with what is wrong, what happened before, and how to run it again; then it exits with 1.

import { parseArgs } from "node:util";
import { simulate } from "@siteferry/testkit/simulation";

const { values } = parseArgs({
  allowNegative: true,
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1" },
    steps: { type: "string", default: "12" },
    trace: { type: "string", default: "40" },
    restores: { type: "boolean", default: true },
  },
});
const first = Number(values.seed);
const runs = Number(values.runs);
const steps = Number(values.steps);
const began = performance.now();
const seeds = Array.from({ length: runs }, (_, index) => first + index);
const failure = await simulate(seeds, { steps, restores: values.restores });
if (failure !== null) {
  console.log(failure.trace.slice(-Number(values.trace)).join("\n"));
  for (const wrong of failure.wrong) console.log(`WRONG: ${wrong}`);
  const again = `--seed ${failure.seed} --steps ${steps}${values.restores ? "" : " --no-restores"}`;
  console.log(`Seed ${failure.seed} fails. Again: node test/simulate.ts ${again}`);
  process.exitCode = 1;
} else {
  const ms = performance.now() - began;
  console.log(`${runs} runs from seed ${first} are well; ${(ms / runs).toFixed(1)} ms each`);
}
