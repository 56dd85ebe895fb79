// A bundle's place in the order of its site.

export interface Place {
  readonly epoch: number;
  readonly sequence: number;
}

/** False if one of them is nowhere. */
export function isBefore(a: Place | null, b: Place | null): boolean {
  if (a === null || b === null) return false;
  return a.epoch === b.epoch ? a.sequence < b.sequence : a.epoch < b.epoch;
}
