import { type HostName, parseSiteId, Refusal } from "@siteferry/model";
import { expect, test } from "vitest";
import { checkOwnership, nameAtCentre } from "./ownership.ts";

const site = parseSiteId("remote1")!;
const settings = {
  owns: ["web-*", "db.example", "a*b*c", "xy*yx"],
  prefix: "r1-",
  foreignHosts: "refuse" as const,
  contacts: [],
  encrypted: false,
  oneWay: false,
  livedump: false,
  contactGroups: [],
};

function foreign(hosts: readonly string[]): readonly string[] {
  return hosts.filter((host) => {
    try {
      checkOwnership(site, settings, [host as HostName]);
      return false;
    } catch (error) {
      return error instanceof Refusal && error.code === "host-not-owned";
    }
  });
}

test("R40 a site speaks for its own hosts only; patterns are anchored and dots are dots", () => {
  expect(foreign(["web-1", "web-", "db.example", "a1b2c", "abc", "xyyx"])).toEqual([]);
  const others = ["xweb-1", "dbxexample", "db.example.org", "ab", "canary", "xyx", "abcb"];
  expect(foreign(others)).toEqual(others);
});

test("a prefix makes names of two sites different, and never an impossible one", () => {
  const name = nameAtCentre(settings);
  expect(name("web-1" as HostName)).toBe("r1-web-1");
  expect(() => name("x".repeat(254) as HostName)).toThrow(
    expect.objectContaining({ code: "name-bad" }),
  );
});
