// Reading all facts costs something with many sites: whoever asks often is given what was read a moment ago,
// so that the asking never costs more than a small part of the daemon's time.

import type { Clock } from "@siteferry/model";

const leastMs = 2_000;
const timesAsLong = 10;

/** Asked again within two seconds, or ten times what reading took, it gives what it read last. */
export function remembered<Value>(clock: Clock, read: () => Promise<Value>): () => Promise<Value> {
  let last: { readonly value: Promise<Value>; readonly startedMs: number; endedMs: number } | null =
    null;
  const isFresh = (nowMs: number): boolean => {
    if (last === null) return false;
    const { startedMs, endedMs } = last;
    const keepMs = Math.max(leastMs, timesAsLong * (endedMs - startedMs));
    // A clock that was put back makes nothing fresh.
    return nowMs >= startedMs && nowMs - endedMs < keepMs;
  };
  return async () => {
    const startedMs = clock.now();
    if (!isFresh(startedMs)) {
      const reading = { value: read(), startedMs, endedMs: Number.POSITIVE_INFINITY };
      last = reading;
      reading.value.then(
        () => (reading.endedMs = clock.now()),
        // A failure is told to those who asked for it, and not kept.
        () => (last = last === reading ? null : last),
      );
    }
    return await last!.value;
  };
}
