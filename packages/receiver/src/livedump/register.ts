// The objects of one dump: each may stand there once, for a forged record of an object doubles the true
// one; and those that are left out are said.

import { limits, type NameFault, printable } from "@siteferry/model";
import type { Lines } from "./lines.ts";

export class Register {
  readonly #lines: Lines;
  readonly #known = new Map<string, Set<string | null>>();
  #count = 0;
  readonly leftOut: string[] = [];

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** @throws FerryError `livedump-invalid` if it stands there already. */
  add(host: string, service: string | null): void {
    const ofHost = this.#known.get(host) ?? new Set();
    this.#known.set(host, ofHost);
    if (ofHost.has(service)) {
      const object = service === null ? host : `${host}/${service}`;
      throw this.#lines.refuse(`ends ${printable(object)}, which an earlier one describes`);
    }
    ofHost.add(service);
    this.#count += 1;
    if (this.#count > limits.recordsMax) throw this.#lines.refuse("is of one object too many");
  }

  leaveOut(what: string, { shown, problem }: NameFault): void {
    this.leftOut.push(`line ${this.#lines.number}: ${what} ${shown} ${problem}`);
  }
}
