// Which objects a dump has: comments, downtimes and events of others don't travel. They may be hidden by
// the filters of sender.yaml, or belong to another site by now.

import type { Cell } from "@siteferry/model";

export class ObjectRegister {
  readonly #services: Map<Cell, Set<Cell>> = new Map();
  readonly #texts: Map<Cell, Cell> = new Map();

  /** `description` null: the host itself. */
  add(host: Cell, description: Cell): void {
    const services = this.#services.get(host);
    const name = this.#keep(description);
    if (services === undefined) this.#services.set(this.#keep(host), new Set([name]));
    else services.add(name);
  }

  has(host: Cell, description: Cell): boolean {
    return this.#services.get(host)?.has(description) === true;
  }

  /** A copy, as a cell keeps the memory of its whole batch; one for all that are equal. */
  #keep(cell: Cell): Cell {
    const known = this.#texts.get(cell);
    if (known !== undefined || typeof cell !== "string") return known ?? cell;
    const copy = Buffer.from(cell).toString();
    this.#texts.set(copy, copy);
    return copy;
  }
}
