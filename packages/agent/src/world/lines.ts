// Lines on standard error, each written when it comes: with a worker or an asynchronous destination the last
// ones are lost at exit, which are the ones that matter. What can't be written, as on a full disk, is let go.

import { writeSync } from "node:fs";
import { systemCode } from "@siteferry/model";

/** Writes the beginning of `bytes`; returns how many of them. */
export type WriteSome = (bytes: Uint8Array) => number;

/** Returns whether the line, with its line feed, was written. */
export type WriteLine = (line: string) => boolean;

const busyForMs = 100;

export function openLines(writeSome: WriteSome = (bytes) => writeSync(2, bytes)): WriteLine {
  // A line of which only the beginning fitted must not swallow the next one.
  let isTorn = false;
  return (line) => {
    let rest: Uint8Array = Buffer.from(isTorn ? `\n${line}` : line);
    const { length } = rest;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSome(rest));
      } catch (error) {
        if (systemCode(error) !== "EAGAIN") {
          isTorn ||= rest.length < length;
          return false;
        }
        // A pipe whose reader is slow: it is waited for.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyForMs);
      }
    }
    isTorn = false;
    return true;
  };
}
