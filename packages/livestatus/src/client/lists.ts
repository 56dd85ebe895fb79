// Cells of list columns, taken apart.

import type { Pairs } from "@siteferry/model";
import { ownSeparators } from "../separators.ts";

const itemSeparator = String.fromCharCode(ownSeparators.item);

/** The items of a list cell; an empty cell is the empty list. */
export function splitList(cell: string): string[] {
  return cell === "" ? [] : cell.split(itemSeparator);
}

/**
 * The cells `custom_variable_names` and `custom_variable_values` as pairs, or null if they don't
 * match. These two exist on every server; `custom_variables` doesn't. Of one variable without a
 * value, the value cell is as empty as that of no variables.
 */
export function pairLists(names: string, values: string): Pairs | null {
  const left = splitList(names);
  const right = left.length === 0 && values === "" ? [] : values.split(itemSeparator);
  if (left.length !== right.length) return null;
  return left.map((name, index) => [name, right[index]!] as const);
}
