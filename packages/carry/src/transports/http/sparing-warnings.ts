// Of what strangers do, the first is logged and the rest counted: they must not fill the log.

import { FerryError } from "@siteferry/model";

/** Between two looks back. */
const warningsMax = 10;

export class SparingWarnings {
  readonly #warn: (failure: FerryError) => void;
  #count = 0;
  #last: FerryError | null = null;

  constructor(warn: (failure: FerryError) => void) {
    this.#warn = warn;
  }

  readonly add = (failure: FerryError): void => {
    this.#count += 1;
    this.#last = failure;
    if (this.#count <= warningsMax) this.#warn(failure);
  };

  /** Says how many were left out, and begins anew. */
  lookBack(): void {
    const leftOut = this.#count - warningsMax;
    if (this.#last !== null && leftOut > 0) {
      const { code, message } = this.#last;
      this.#warn(
        new FerryError(code, `${leftOut} more warnings were left out, the last: ${message}`),
      );
    }
    this.#count = 0;
    this.#last = null;
  }
}
