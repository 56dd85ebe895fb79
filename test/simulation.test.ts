// The simulation over many seeds, in as many processes as there are processors.

import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const seeds = 2000;

test(`${seeds} courses of faults end well: nothing lost, doubled, mixed or out of order`, async () => {
  const processes = availableParallelism();
  const share = Math.ceil(seeds / processes);
  const runs = Array.from({ length: processes }, async (_, index) => {
    const range = ["--seed", String(1 + index * share), "--runs", String(share)];
    const result = await run(process.execPath, ["test/simulate.ts", ...range]).catch(
      (failure: { stdout?: string; stderr?: string }) => failure,
    );
    return `${result.stdout}${result.stderr}`;
  });
  for (const told of await Promise.all(runs))
    expect(told).toMatch(/^\d+ runs from seed \d+ are well/);
}, 900_000);
