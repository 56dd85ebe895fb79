// What of a vendor's dump travels in a run: pure, from what was printed now and what travelled before.

/** What is remembered of a part: what travelled last. */
export interface PartMemory {
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
  /** The name of the bundle that it travelled in. */
  readonly carriedBy: string;
}

export interface DumpMemory {
  readonly config: PartMemory;
  readonly states: PartMemory;
}

export interface Travelling {
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Names in the outbox: a bundle that replaces one of them has to carry what it carried. */
  readonly waiting: readonly string[];
  /** All links acknowledge: what left the outbox has arrived. */
  readonly isCertain: boolean;
}

/** Else its place in the bundle stays empty, which says that it is as it was. */
export function travels(
  hash: string,
  memory: PartMemory | undefined,
  { nowMs, intervalMs, waiting, isCertain }: Travelling,
): boolean {
  if (memory === undefined || !isCertain || memory.hash !== hash) return true;
  if (waiting.includes(memory.carriedBy)) return true;
  const ageMs = nowMs - memory.sentAtMs;
  // A clock that went back says nothing about the age.
  return ageMs >= intervalMs || ageMs < 0;
}
