// The four bytes that csv answers are cut at. csv is the only format that every server sends
// without loss (naemon-livestatus breaks emoji in json), but it has no quoting.

/** Byte values below 128, none equal to another. */
export interface Separators {
  readonly row: number;
  readonly field: number;
  /** Between the items of a list. */
  readonly item: number;
  /** Between the parts of an item, such as name and value of a custom variable. */
  readonly part: number;
}

/**
 * What siteferry asks for. The row separator isn't LF, so that a line feed inside a value can't
 * break a row; none of these four bytes survives in a plugin's output.
 */
export const ownSeparators: Separators = { row: 28, field: 31, item: 30, part: 29 };

/** What a server uses when it is asked for nothing else: LF, `;`, `,`, `|`. */
export const defaultSeparators: Separators = { row: 10, field: 59, item: 44, part: 124 };
