// How long a certificate is still believed.

import { fail, type Finding, ok, warning } from "./finding.ts";
import type { Certificate } from "./probes.ts";

const dayMs = 86_400_000;
const soonDays = 14;

/** @param where whose it is. @param todo who has to renew it. */
export function certificateDates(
  where: string,
  { validFromMs, validToMs, subject }: Certificate,
  nowMs: number,
  todo: string,
): Finding {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (nowMs < validFromMs) {
    const what = `the certificate of ${where} is valid from ${day(validFromMs)} on only`;
    return fail(what, "Check the clocks of both machines.");
  }
  const what = `the certificate of ${where} (${subject})`;
  if (nowMs > validToMs) return fail(`${what} expired on ${day(validToMs)}`, todo);
  const days = Math.floor((validToMs - nowMs) / dayMs);
  if (days < soonDays) return warning(`${what} expires in ${days} days`, todo);
  return ok(`${what} is valid until ${day(validToMs)}`);
}
