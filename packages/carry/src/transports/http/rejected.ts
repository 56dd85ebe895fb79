// A request that the listener answers with something other than a receipt.

/** Thrown on the way of a request; becomes its answer. */
export class Rejected extends Error {
  readonly status: number;
  /** For 429 and 503. */
  readonly retryAfterMs: number | null;
  /** A code of the table of errors, for 422. */
  readonly code: string | null;

  constructor(
    status: number,
    message: string,
    {
      retryAfterMs = null,
      code = null,
    }: { retryAfterMs?: number | null; code?: string | null } = {},
  ) {
    super(message);
    this.name = "Rejected";
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.code = code;
  }
}
