// What a process said and how it ended, here or at the other side, within bounds.

import type { Readable } from "node:stream";
import { limits } from "@siteferry/model";

/** Of a complaint only the end is kept: there stands what went wrong last. */
const complaintBytesMax = 2000;

/** Null status: killed, or it never said. */
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
