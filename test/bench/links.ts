// How long a large keyframe takes over each link, and whether a crowd of sites gets through.

import { runCrowds } from "./links-crowd.ts";
import { runOne } from "./links-one.ts";
import { crowdTable, oneTable } from "./links-table.ts";

export interface LinksBench {
  /** Makes the directory that the next part works in. */
  emptyDirectory(): Promise<string>;
  readonly rounds: number;
  readonly signal: AbortSignal;
  say(text: string): void;
}

/** Returns the tables. */
export async function runLinks(bench: LinksBench): Promise<readonly string[]> {
  const { emptyDirectory, rounds, signal, say } = bench;
  say("One keyframe over each link …");
  const one = await runOne(await emptyDirectory(), rounds, signal);
  say("200 sites at once over the links …");
  const crowds = await runCrowds(await emptyDirectory(), signal);
  return [oneTable(one), crowdTable(crowds)];
}
