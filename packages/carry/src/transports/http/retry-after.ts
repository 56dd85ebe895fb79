// Retry-After: seconds or a date, from a server that may say anything.

const retryAfterMsMax = 3_600_000;

/** Milliseconds from `nowMs`, at most an hour; null if the header says nothing that can be used. */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  nowMs: number,
): number | null {
  if (typeof header !== "string") return null;
  const waitMs = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), retryAfterMsMax);
}
