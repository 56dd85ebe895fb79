// How long a cycle of a daemon waits for links that may hang: what takes longer goes on beside the next.

const patienceMs = 10_000;

/** Rejects as `work` does, if that happens meanwhile. */
export async function waitAtMost(work: Promise<unknown>): Promise<unknown> {
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, patienceMs);
  return await Promise.race([work, timer.promise]).finally(() => clearTimeout(timeout));
}
