// A core as it looks by the clock of a site that is ahead of ours: the site's times stay as they are in all
// that is compared and remembered, and what the core is handed is put right.

import type { CoreObjects, Icinga2Api } from "./api.ts";
import type { Icinga2ResultsWorld } from "./deliver.ts";

/** @param seconds that the site's clock is ahead; negative: behind. */
export function bySiteClock(world: Icinga2ResultsWorld, seconds: number): Icinga2ResultsWorld {
  if (seconds === 0) return world;
  const { api, clock } = world;
  const deliver: Icinga2Api["deliver"] = async ({
    execution_start: start,
    execution_end: end,
    ...parameters
  }) =>
    await api.deliver({
      ...parameters,
      execution_start: start - seconds,
      execution_end: end - seconds,
    });
  return {
    ...world,
    clock: { now: () => clock.now() + seconds * 1000 },
    api: { ...api, deliver },
    coreObjects: async () => shifted(await world.coreObjects(), seconds),
  };
}

/** The measured seconds may be another one than when a result was handed over. */
const toleranceSeconds = 2;

function shifted(objects: CoreObjects, seconds: number): CoreObjects {
  const shift = seconds + toleranceSeconds;
  return new Map(
    [...objects].map(([key, object]) => [
      key,
      { ...object, checkedUntil: object.checkedUntil === 0 ? 0 : object.checkedUntil + shift },
    ]),
  );
}
