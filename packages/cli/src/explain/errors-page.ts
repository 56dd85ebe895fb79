// docs/errors.md, for `siteferry explain`: the executable has it inside (packaging/bundle.ts), a checkout on
// its disk.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Put in by the bundler; there is none in a checkout. */
declare const ERRORS_PAGE: string | undefined;

export interface ErrorsPage {
  readonly text: string;
  /** The folder with the other documents, to which its links lead; null for an executable without its package. */
  readonly folder: string | null;
}

export function readErrorsPage(): ErrorsPage {
  if (typeof ERRORS_PAGE === "string") {
    const folder = join(dirname(process.execPath), "../share/doc/siteferry/docs");
    return { text: ERRORS_PAGE, folder: existsSync(folder) ? folder : null };
  }
  const folder = join(import.meta.dirname, "../../../../docs");
  return { text: readFileSync(join(folder, "errors.md"), "utf8"), folder };
}
