import { parseSettings } from "@siteferry/agent";
import { parseSiteId } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { withCentreKeys } from "./enrol-centre.ts";
import { firstSenderSettings } from "./first-settings.ts";
import { senderSchema } from "./settings.ts";

const usual = {
  site: "remote1",
  centre: "central",
  livestatus: "unix:/run/live",
  spool: "/var/lib/siteferry",
  path: "/etc/siteferry/sender.yaml",
  link: "drop:/srv/ferry",
};

describe("the first sender.yaml is one that the sender takes", () => {
  test.each([
    ["drop:/srv/ferry", { drop: { dir: "/srv/ferry" } }],
    ["drop:/srv/a b #c", { drop: { dir: "/srv/a b #c" } }],
    [
      "https://central.example.net:8443",
      { http: { url: "https://central.example.net:8443", token: "/etc/siteferry/remote1.token" } },
    ],
    ["ssh:ferry@central:2222", { ssh: { host: "central", port: 2222, user: "ferry" } }],
    ["mail:ferry@central.example.net", { mail: { to: "ferry@central.example.net" } }],
  ])("with %s", (link, transport) => {
    const text = firstSenderSettings({ ...usual, link });
    const settings = parseSettings(text, "sender.yaml", senderSchema);
    expect(settings.transports).toMatchObject([transport]);
    const hasReceipts = /^(?:https|ssh)/.test(link);
    expect(settings.centreKeys).toBe(hasReceipts ? "/etc/siteferry/centre_keys" : undefined);
  });

  test.each([
    ["site", "Remote 1", "isn't an id"],
    ["site", "a\nkey: /x", "isn't an id"],
    [
      "livestatus",
      "/run/live",
      'yaml:9: livestatus: "/run/live" isn\'t unix:PATH, tcp:HOST:PORT or',
    ],
    ["livestatus", "tcp:host:65536", "yaml:9: livestatus: "],
    ["livestatus", `unix:/${"x".repeat(107)}`, "at most 107 bytes"],
    ["spool", "relative", "not an absolute path"],
    ["link", "ftp://x", "That is no link"],
    ["link", "ssh:-oProxyCommand=x@y", "That is no link"],
    ["link", "http://central.example.net", "in clear"],
  ])("not where the %s is %j", (key, value, problem) => {
    expect(() => firstSenderSettings({ ...usual, [key]: value })).toThrow(problem);
  });
});

test("the centre's keys are named once, and only those of the centre that is sent to", () => {
  const text = firstSenderSettings(usual);
  const central = parseSiteId("central")!;
  const { settings, listPath } = withCentreKeys(text, usual.path, central);
  expect(listPath).toBe("/etc/siteferry/centre_keys");
  expect(settings).toContain("centreKeys: /etc/siteferry/centre_keys");
  expect(withCentreKeys(settings, usual.path, central).settings).toBe(settings);
  expect(() => withCentreKeys(text, usual.path, parseSiteId("other")!)).toThrow("sends to central");
});
