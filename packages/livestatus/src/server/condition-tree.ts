// Conditions as a request builds them: each Filter puts one on a stack, And, Or and Negate combine
// what lies on top.

import { conditionPattern, ownColumn } from "../condition.ts";
import { RequestFault } from "./fault.ts";

export type Condition =
  | {
      readonly kind: "test";
      readonly column: string;
      readonly operator: string;
      readonly value: string;
    }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: readonly [Condition] };

/** Far more than any client writes; a deeper one could exhaust the stack. */
const depthMax = 100;

export class ConditionStack {
  readonly #table: string;
  readonly #conditions: { readonly condition: Condition; readonly depth: number }[] = [];

  constructor(table: string) {
    this.#table = table;
  }

  get conditions(): Condition[] {
    return this.#conditions.map(({ condition }) => condition);
  }

  push(text: string): void {
    const [, name, operator, value = ""] = conditionPattern.exec(text) ?? [];
    if (name === undefined || operator === undefined) {
      throw new RequestFault(
        400,
        `invalid filter header: not \`column operator value\``,
        "request",
      );
    }
    const column = ownColumn(this.#table, name);
    this.#conditions.push({ condition: { kind: "test", column, operator, value }, depth: 1 });
  }

  combine(kind: "and" | "or", countText: string): void {
    const count = /^\d{1,6}$/.test(countText) ? Number(countText) : NaN;
    if (!(count >= 1 && count <= this.#conditions.length)) {
      throw new RequestFault(400, `can't combine that many conditions with ${kind}`);
    }
    if (count === 1) return;
    const taken = this.#conditions.splice(-count);
    this.#put({ kind, of: taken.map(({ condition }) => condition) }, taken);
  }

  negate(): void {
    const taken = this.#conditions.splice(-1);
    const [top] = taken;
    if (top === undefined) throw new RequestFault(400, "nothing to negate");
    this.#put({ kind: "not", of: [top.condition] }, taken);
  }

  #put(condition: Condition, parts: readonly { readonly depth: number }[]): void {
    const depth = 1 + parts.reduce((deepest, part) => Math.max(deepest, part.depth), 0);
    if (depth > depthMax) throw new RequestFault(413, "conditions are nested too deeply");
    this.#conditions.push({ condition, depth });
  }
}
