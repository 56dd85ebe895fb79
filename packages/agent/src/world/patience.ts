// How long a run waits for links that may hang. In a daemon what takes longer goes on beside the next cycle.

const patienceMs = 10_000;

/** Rejects as `work` does, if that happens meanwhile. */
export async function waitAtMost(
  work: Promise<unknown>,
  ms: number = patienceMs,
): Promise<unknown> {
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, ms);
  return await Promise.race([work, timer.promise]).finally(() => clearTimeout(timeout));
}
