// Two piles of things of which equal ones count: what should be there and what is.

export interface Pile<Wanted, There> {
  readonly wanted: Wanted[];
  readonly there: There[];
}

export interface Difference<Wanted, There> {
  readonly pairs: readonly (readonly [Wanted, There])[];
  readonly missing: readonly Wanted[];
  readonly surplus: readonly There[];
}

interface Entered {
  readonly entryTime: number;
}

/**
 * Which thing that is there stands for which wanted one. Those of one entry time belong together; else
 * the order of time decides, as not every core keeps the time.
 */
export function difference<Wanted extends Entered, There extends Entered>({
  wanted,
  there,
}: Pile<Wanted, There>): Difference<Wanted, There> {
  const pairs: [Wanted, There][] = [];
  const missing: Wanted[] = [];
  const surplus: There[] = [];
  const rest = there.toSorted(byTime);
  let next = 0;
  for (const item of wanted.toSorted(byTime)) {
    while (next < rest.length && rest[next]!.entryTime < item.entryTime)
      surplus.push(rest[next++]!);
    if (rest[next]?.entryTime === item.entryTime) pairs.push([item, rest[next++]!]);
    else missing.push(item);
  }
  for (const item of rest.slice(next)) surplus.push(item);
  const more = Math.min(missing.length, surplus.length);
  for (let index = 0; index < more; index++) pairs.push([missing[index]!, surplus[index]!]);
  return { pairs, missing: missing.slice(more), surplus: surplus.slice(more) };
}

function byTime(a: Entered, b: Entered): number {
  return a.entryTime - b.entryTime;
}

/** By a text that equal things have in common. */
export class Piles<Wanted, There> {
  readonly #piles = new Map<string, Pile<Wanted, There>>();

  want(identity: string, item: Wanted): void {
    this.#of(identity).wanted.push(item);
  }

  find(identity: string, item: There): void {
    this.#of(identity).there.push(item);
  }

  entries(): Iterable<[identity: string, pile: Pile<Wanted, There>]> {
    return this.#piles;
  }

  #of(identity: string): Pile<Wanted, There> {
    const found = this.#piles.get(identity);
    if (found !== undefined) return found;
    const made: Pile<Wanted, There> = { wanted: [], there: [] };
    this.#piles.set(identity, made);
    return made;
  }
}
