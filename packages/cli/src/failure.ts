// A failure as a person sees it: what happened and where, what to do, the code to look up. Never a
// stack trace, unless somebody who debugs asks for it.

import type { FerryError } from "@siteferry/model";

export function printFailure(failure: FerryError, trace: unknown): void {
  const lines = [
    `siteferry: ${failure.message}`,
    `  ${failure.advice} (${failure.code})`,
    ...(trace instanceof Error ? [trace.stack ?? ""] : []),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
