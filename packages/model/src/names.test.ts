import { expect, test } from "vitest";
import { printable } from "./names.ts";

test("what moves, hides or turns other text is seen for what it is", () => {
  expect(printable("a\u001b[2J\u202eb\u2066c\u200bd\ufeff e\u00e9")).toBe(
    "a\\x1b[2J\\u202eb\\u2066c\\u200bd\\ufeff e\u00e9",
  );
});
