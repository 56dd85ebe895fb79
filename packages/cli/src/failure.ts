// A failure as a person sees it: what happened and where, what to do, how to look it up. Never a
// stack trace, unless somebody who debugs asks for it.

import { adviceOf, type FerryError } from "@siteferry/model";

export function printFailure(failure: FerryError, trace: unknown): void {
  const lines = [
    `siteferry: ${failure.message}`,
    `  ${adviceOf(failure)}`,
    ...(trace instanceof Error ? [trace.stack ?? ""] : []),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
