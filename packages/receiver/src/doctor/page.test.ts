import { expect, test } from "vitest";
import { page } from "./page.ts";
import { subjectOf } from "./test-subject.ts";

test.each([
  ["127.0.0.1:8781", {}, "ok http://127.0.0.1:8781 is for this machine alone"],
  ["[::1]:8781", {}, "ok http://[::1]:8781 is for this machine alone"],
  ["0.0.0.0:8781", {}, "warning everybody who reaches http://0.0.0.0:8781 may read it"],
  ["ferry.example:80", {}, "warning everybody who reaches http://ferry.example:80 may read it"],
  ["192.0.2.1:8781", { problem: "EADDRNOTAVAIL" }, "fail http://192.0.2.1:8781 can't be listened"],
])("a page at %s, %j", async (listen, state, line) => {
  const probes = { listen: async () => ("problem" in state ? state : ("taken" as const)) };
  const [found] = await page.run(subjectOf({ yaml: { page: { listen } }, probes }, ""));
  expect(`${found?.verdict} ${found?.what}`).toContain(line);
});
