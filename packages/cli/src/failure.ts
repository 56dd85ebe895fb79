// A failure as a person sees it: what happened and where, what to do, how to look it up. Never a
// stack trace, unless somebody who debugs asks for it.

import { styleText } from "node:util";
import { adviceOf, type FerryError } from "@siteferry/model";

export function printFailure(failure: FerryError, trace: unknown): void {
  const lines = [
    `${styleText("red", "siteferry:", { stream: process.stderr })} ${failure.message}`,
    `  ${adviceOf(failure)}`,
    ...(trace instanceof Error ? [trace.stack ?? ""] : []),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
