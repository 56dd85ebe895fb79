// How opening a bundle shares the process with everything else: long work stops for breath, and ends
// at a deadline. Handed in, because it needs a clock.

export interface Pace {
  /**
   * To be called often. Undefined: go on; else wait for it first. Throws the Refusal
   * `opening-timeout` once the deadline has passed.
   */
  breathe(): Promise<void> | undefined;
}
