// One condition of a filter, `column operator value`, as clients write it and servers read it.

/**
 * Groups: column, operator, value. `=` equal, `~` matches, `=~` equal without case, `~~` matches
 * without case, the comparisons, and each of them negated by `!`. For lists `>=` means contains,
 * `<` doesn't contain, `=` with nothing behind it is empty.
 */
export const conditionPattern: RegExp =
  /^([A-Za-z_][A-Za-z0-9_]*)\s+(!?(?:=~|~~|<=|>=|=|~|<|>))(?:\s+(.*))?$/;
