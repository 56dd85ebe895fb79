import { expect, test } from "vitest";
import { mayAs } from "./access.ts";

test.each([
  [7, [1], 0o700, true],
  [8, [7], 0o770, true],
  [8, [7], 0o707, false],
  [8, [1], 0o707, true],
  [8, [1], 0o770, false],
  [0, [0], 0o000, true],
])(
  "user %i of groups %j may enter a directory of 7:7 with mode %o: %s",
  (id, groups, mode, may) => {
    const entry = { user: 7, group: 7, mode };
    expect(mayAs({ id, groups }, entry, "read", "write", "enter")).toBe(may);
  },
);
