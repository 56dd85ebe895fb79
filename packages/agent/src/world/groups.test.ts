import { expect, test } from "vitest";
import { groupIdOf } from "./groups.ts";

test("a group is found by name or number; one that isn't there stops the start", async () => {
  expect(await groupIdOf("root")).toBe(0);
  expect(await groupIdOf("4711")).toBe(4711);
  await expect(groupIdOf("no-such-group")).rejects.toMatchObject({ code: "settings-invalid" });
});
