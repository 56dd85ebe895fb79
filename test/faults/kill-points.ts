// Where a run can die: its file calls in their order, as strace saw them in a run without a fault.

import type { Injection } from "./traced-run.ts";

export interface KillPoint extends Omit<Injection, "effect"> {
  /** Whether the disk is another one before this call than before the one above. */
  readonly changesDisk: boolean;
  /** The call as strace writes it. */
  readonly line: string;
}

/** Calls after which, or before which, the disk is another one. */
const changing = /^(fsync|rename|link|unlink|symlink|mkdir|rmdir|fchmod)|O_CREAT/;

/**
 * All calls but `write`: the thread also wakes the main one through it, not always as often. Each
 * write to a file stands between an `fchmod` and an `fsync` of that file.
 */
export function killPointsOf(trace: string): readonly KillPoint[] {
  const counts = new Map<string, number>();
  return trace.split("\n").flatMap((line) => {
    const [, call] = /^(\w+)\(/.exec(line) ?? [];
    if (call === undefined || call === "write") return [];
    const when = (counts.get(call) ?? 0) + 1;
    counts.set(call, when);
    return [{ call, when, line, changesDisk: changing.test(line) }];
  });
}
