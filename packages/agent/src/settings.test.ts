import { expect, test } from "vitest";
import { z } from "zod";
import { duration, fileMode, schedule, siteId } from "./setting-types.ts";
import { parseSettings } from "./settings.ts";

const schema = z.strictObject({
  site: siteId,
  keyframe: duration.prefault("1h"),
  schedule: schedule.default("* * * * *"),
  targets: z
    .array(z.strictObject({ dir: z.string(), mode: fileMode.prefault("0640") }))
    .default([]),
});

function complaint(text: string): string {
  try {
    parseSettings(text, "s.yaml", schema);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

test("defaults, times and modes become numbers", () => {
  const settings = parseSettings("site: a\ntargets: [{ dir: /x, mode: '0600' }]", "s.yaml", schema);
  expect(settings).toEqual({
    site: "a",
    keyframe: 3_600_000,
    schedule: "* * * * *",
    targets: [{ dir: "/x", mode: 0o600 }],
  });
});

test("an alias, a bad key of a record and a time that no timer holds are refused with their line", () => {
  expect(complaint("site: &x a\nschedule: *x")).toBe(
    "s.yaml:2: aliases, such as *name, aren't supported",
  );
  expect(complaint("site: a\nkeyframe: 30d")).toBe('s.yaml:2: keyframe: "30d" is longer than 24d');
  const sites = z.strictObject({ sites: z.record(siteId, z.strictObject({})) });
  expect(() => parseSettings("sites:\n  Site_1: {}", "r.yaml", sites)).toThrow(
    'r.yaml:2: sites.Site_1: "Site_1" isn\'t an id',
  );
});

test("each complaint names file, line and key", () => {
  expect(complaint("site: a\nkeyframes: 1h")).toBe(
    's.yaml:2: unknown key "keyframes"; did you mean "keyframe"?',
  );
  expect(complaint("site: a\n\ntargets:\n  - dir: /x\n    mod: 1")).toBe(
    's.yaml:5: unknown key "mod"; did you mean "mode"?',
  );
  expect(complaint("site: a\nzzzzzzzz: 1")).toContain(
    "known here: site, keyframe, schedule, targets",
  );
  expect(complaint("site: a\nkeyframe: 1 hour")).toMatch(
    /^s\.yaml:2: keyframe: "1 hour" isn't a time/,
  );
  expect(complaint("site: a\nschedule: often")).toMatch(/^s\.yaml:2: schedule: not a cron line/);
  expect(complaint("site: Äb")).toMatch(/^s\.yaml:1: site: "Äb" isn't an id/);
  expect(complaint("keyframe: 1h")).toBe("s.yaml:1: site is missing");
  expect(complaint("siet: a")).toBe(
    's.yaml:1: unknown key "siet"; did you mean "site"?\ns.yaml:1: site is missing',
  );
  expect(complaint("site: a\nsite: b")).toMatch(/^s\.yaml:2: /);
  expect(complaint("site: [\n")).toMatch(/^s\.yaml:\d: /);
});

test("a YAML bomb is refused", () => {
  const bomb = ["a: &a [x,x]", "b: &b [*a,*a]", "c: &c [*b,*b]", "site: *c"].join("\n");
  expect(complaint(bomb)).not.toBe("");
});
