// What `siteferry receive --stdin SITE` says at the centre: the receipt on standard output, its exit
// status, and a few words on standard error.

import type { Readable } from "node:stream";
import { exitCodes, FerryError, limits, printable } from "@siteferry/model";
import { Busy } from "../../transport.ts";

/** Of a complaint only the end is kept: there stands what went wrong last. */
const complaintBytesMax = 2000;

/** How a process at the other side ended. Null status: killed, or it never said. */
export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  /** Null if it said more than a receipt may have. */
  readonly output: Uint8Array | null;
  readonly complaint: string;
}

/** Reads both outputs from now on, within bounds; what it returns tells what has come. */
export function listenTo(
  output: Readable,
  complaint: Readable,
): () => Pick<Ending, "output" | "complaint"> {
  let said = Buffer.alloc(0);
  let words = Buffer.alloc(0);
  output.on("data", (data: Buffer) => {
    if (said.length <= limits.receiptBytesMax) said = Buffer.concat([said, data]);
  });
  complaint.on("data", (data: Buffer) => {
    words = Buffer.concat([words, data]).subarray(-complaintBytesMax);
  });
  return () => ({
    output: said.length > limits.receiptBytesMax ? null : said,
    complaint: words.toString("utf8"),
  });
}

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
