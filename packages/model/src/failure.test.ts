import { expect, test } from "vitest";
import { adviceOf, FerryError, ifMissing } from "./failure.ts";

test("a failure has its code's advice, or one of its own", () => {
  const usual = new FerryError("key-unusable", "x");
  expect(adviceOf(usual)).toMatch(/^Make a key .* \(siteferry explain key-unusable\)$/);
  const own = new FerryError("key-unusable", "x", { advice: "Do that." });
  expect(adviceOf(own)).toBe("Do that. (siteferry explain key-unusable)");
});

test("how a file is made is said where there is none, and nowhere else", () => {
  const none = Object.assign(new Error("none"), { code: "ENOENT" });
  const missing = new FerryError("settings-unreadable", "x", { cause: none });
  expect(() => ifMissing("Make it.")(missing)).toThrow(
    expect.objectContaining({ code: "settings-unreadable", message: "x", advice: "Make it." }),
  );
  const other = new FerryError("settings-unreadable", "x", { cause: new Error("torn") });
  for (const error of [other, none]) {
    expect(() => ifMissing("Make it.")(error)).toThrow(error);
  }
});

test("what is refused says what to look at, by its code", () => {
  expect(new FerryError("created-in-future", "x").advice).toMatch(/clock/);
  expect(new FerryError("frame-second", "x").advice).toBe(
    "The file is in quarantine; nothing of it was applied.",
  );
});
