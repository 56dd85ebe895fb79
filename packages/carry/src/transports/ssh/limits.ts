// How slow a line may be, and how much a server may make us look at.

/** Slower than this, 32 kbit/s, counts as stalled: a byte now and then must not hold us for ever. */
const bytesPerSecondMin = 4096;

/** Names in a directory; more means that nobody empties it, or malice. */
export const namesMax = 20_000;

/** What a step may take at most: the timeout, and the time that its bytes need on the slowest line. */
export function stepMs(timeoutMs: number, sizeBytes: number): number {
  return timeoutMs + Math.ceil((sizeBytes / bytesPerSecondMin) * 1000);
}
