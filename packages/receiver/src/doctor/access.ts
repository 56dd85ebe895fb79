// Whether a core's user may do something, by owner, group and mode; ACLs aren't looked at.

import type { Account, Entry } from "@siteferry/agent";

const bits = { read: 4, write: 2, enter: 1 } as const;

export function mayAs(
  { id, groups }: Account,
  { user, group, mode }: Pick<Entry, "user" | "group" | "mode">,
  ...rights: readonly (keyof typeof bits)[]
): boolean {
  if (id === 0) return true;
  const shift = user === id ? 6 : groups.includes(group) ? 3 : 0;
  const wanted = rights.reduce((sum, right) => sum | bits[right], 0);
  return ((mode >> shift) & wanted) === wanted;
}
