// What an operator hears of an activation: each trouble once, when it begins.

import { FerryError, errorFields, type Log, type SiteId } from "@siteferry/model";
import type { SiteRefusal } from "@siteferry/apply";
import type { ActivationRecord } from "./record.ts";

/** Refused values that are logged one by one; a hostile site could send a million. */
const refusalsLoggedMax = 20;

/** Sites whose first configuration waits for an approval. */
export function tellAwaiting(
  log: Log,
  { awaiting: before }: Pick<ActivationRecord, "awaiting">,
  awaiting: readonly SiteId[],
): void {
  for (const site of awaiting.filter((one) => !before.includes(one))) {
    const failure = new FerryError(
      "configuration-waits",
      `The first configuration of ${site} waits for: siteferry config approve ${site}`,
    );
    log.warn({ ...errorFields(failure), site }, failure.message);
  }
}

/** Returns how many are refused that weren't before, with the same words. */
export function tellRejected(
  log: Log,
  { rejected: before }: ActivationRecord,
  rejected: ActivationRecord["rejected"],
): number {
  const isNew = Object.entries(rejected).filter(
    ([site, { reason }]) => before[site as SiteId]?.reason !== reason,
  );
  for (const [site, { reason }] of isNew) {
    const failure = new FerryError("activation-refused", reason);
    const fields = { ...errorFields(failure), site };
    log.error(fields, `The core refuses what is new of ${site}: it stays as it was`);
  }
  return isNew.length;
}

/** Returns 1 if it wasn't known. */
export function tellFault(log: Log, { fault: before }: ActivationRecord, fault: string): number {
  if (fault === before) return 0;
  const failure = new FerryError("activation-refused", fault);
  log.error(errorFields(failure), "Nothing goes live: the check fails even without what is new");
  return 1;
}

export function tellRefusedValues(log: Log, refused: readonly SiteRefusal[]): void {
  for (const refusal of refused.slice(0, refusalsLoggedMax)) {
    const { site, object, directive, reason, outcome } = refusal;
    log.warn(refusal, `${site}: ${object}: ${directive} ${reason}: ${outcome}`);
  }
  if (refused.length > refusalsLoggedMax) {
    log.warn({ refused: refused.length }, "More values were refused than are logged one by one");
  }
}
