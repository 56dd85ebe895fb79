// Chance that falls the same way for the same seed: a site built twice is the same site.

export interface Dice {
  /** From 0 up to, not including, 1. */
  fraction(): number;
  /** True in `share` of all throws. */
  falls(share: number): boolean;
  between(low: number, high: number): number;
}

/** mulberry32: 32 bits of state, plenty for a pretended site. */
export function seededDice(seed: number): Dice {
  let state = seed | 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    falls: (share) => fraction() < share,
    between: (low, high) => low + (high - low) * fraction(),
  };
}
