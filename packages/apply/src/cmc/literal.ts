// The values of a vendor's configuration dump: Python's literals, as far as they are data and nothing
// else. read-literal.ts makes them of text, write-literal.ts makes text of them.

/** An int is a bigint, a float a number; a string is well-formed Unicode. */
export type Literal =
  | string
  | bigint
  | number
  | boolean
  | null
  | { readonly tuple: readonly Literal[] }
  | { readonly list: readonly Literal[] }
  /** Keys are what Python could hash, and no two of them equal. */
  | { readonly dict: readonly (readonly [key: Literal, value: Literal])[] };

/** Ints are those of 64 bits: nothing that a core counts is larger. */
export const intMax: bigint = 2n ** 63n - 1n;
