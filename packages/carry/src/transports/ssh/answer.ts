// What `siteferry receive --stdin SITE` says at the centre: the receipt on standard output, its exit
// status, and a few words on standard error.

import { exitCodes, FerryError, limits, printable } from "@siteferry/model";
import { Busy } from "../../transport.ts";
import type { Ending } from "../ending.ts";

/**
 * The receipt, or null if none came.
 * @throws FerryError `receiver-busy`, `centre-refused`, `link-protocol`
 */
export function judge(
  place: string,
  { status, signal, output, complaint }: Ending,
): Uint8Array | null {
  const words = printable(complaint.trim().replaceAll(/\s*\n\s*/g, " / "), 500);
  const said = words === "" ? "" : `: ${words}`;
  if (status === exitCodes.transient) throw new Busy(`${place} can't take it now${said}`, null);
  if (status === exitCodes.refused) {
    throw new FerryError("centre-refused", `${place} refuses it${said}`);
  }
  if (status !== 0) {
    const how = status === null ? `ended by ${signal ?? "nobody knows what"}` : `status ${status}`;
    throw new FerryError("link-protocol", `${place}: the command there: ${how}${said}`);
  }
  if (output === null) {
    const max = limits.receiptBytesMax;
    throw new FerryError("link-protocol", `${place}: more than ${max} bytes came as a receipt`);
  }
  return output.length === 0 ? null : output;
}
