// How slow a line may be, and how much a server may make us look at.

/** Slower than this, 32 kbit/s, counts as stalled: a byte now and then must not hold us for ever. */
const bytesPerSecondMin = 4096;

/** Names in a directory, and answers that list them; more means that nobody empties it, or malice. */
export const namesMax = 20_000;
/** Of all that lists a directory: 20,000 of the longest names, and as many lines of `ls`. */
export const listingBytesMax: number = 12 * 1024 * 1024;
/** What may wait for a server from which files are only fetched: requests have some 60 bytes, 64 of them. */
export const questionBytesMax: number = 1024 * 1024;

/** What a step may take at most: the timeout, and the time that its bytes need on the slowest line. */
export function stepMs(timeoutMs: number, sizeBytes: number): number {
  return timeoutMs + Math.ceil((sizeBytes / bytesPerSecondMin) * 1000);
}

/** What listing a directory may take in all, however fast each answer comes: 5,000 names on the slowest line. */
export function listingMs(timeoutMs: number): number {
  return stepMs(timeoutMs, 1024 * 1024);
}
