import { parseSettings } from "@siteferry/agent";
import { parseSiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { withSite } from "./enrol-site.ts";
import { firstReceiverSettings, type FirstTarget } from "./first-settings.ts";
import { receiverSchema } from "./settings.ts";

const nagios: FirstTarget = {
  core: "nagios",
  coreConfig: "/etc/nagios4/nagios.cfg",
  results: "/var/lib/nagios4/spool/checkresults",
  objectCache: "/var/lib/nagios4/objects.cache",
  objects: "/etc/nagios4/siteferry",
};
const icinga2: FirstTarget = {
  core: "icinga2",
  url: "https://127.0.0.1:5665",
  serverName: "central.example.net",
  ca: "/ca.crt",
  password: "/password",
};
const usual = {
  centre: "central",
  spool: "/var/lib/siteferry",
  path: "/etc/siteferry/receiver.yaml",
  link: "drop:/srv/ferry",
  target: nagios,
};
const remote1 = { site: parseSiteId("remote1")!, prefix: "remote1-", contacts: [], token: null };

test.each([
  [nagios, "drop:/srv/ferry", [{ drop: { dir: "/srv/ferry" } }]],
  [{ ...nagios, core: "naemon" as const }, null, []],
  [icinga2, "http:127.0.0.1:8080", [{ http: { listen: "127.0.0.1:8080", sites: {} } }]],
  [{ ...icinga2, serverName: null }, "drop:/a b", [{ drop: { dir: "/a b" } }]],
])(
  "the first receiver.yaml is one that the receiver takes, and a site can come in (%#)",
  (target, link, transports) => {
    const text = firstReceiverSettings({ ...usual, target, link });
    const settings = parseSettings(text, "receiver.yaml", receiverSchema);
    expect(settings.transports).toEqual(transports);
    expect(settings.targets.length).toBe(target.core === "icinga2" ? 1 : 2);
    const more = withSite(text, "receiver.yaml", remote1);
    const { sites } = parseSettings(more, "receiver.yaml", receiverSchema);
    expect(sites).toMatchObject({ remote1: { prefix: "remote1-" } });
    // What was explained stays explained.
    for (const comment of text.split("\n").filter((line) => line.trim().startsWith("#"))) {
      expect(more).toContain(comment.trim());
    }
    expect(withSite(more, "receiver.yaml", remote1)).toBe(more);
  },
);

test("answers that can't stand there are refused, not written", () => {
  expect(() => firstReceiverSettings({ ...usual, centre: "a\nkey: /x" })).toThrow("isn't an id");
  expect(() => firstReceiverSettings({ ...usual, link: "http:0.0.0.0:8080" })).toThrow("in clear");
  expect(() =>
    firstReceiverSettings({ ...usual, target: { ...icinga2, url: "http://x" } }),
  ).toThrow("not an address");
  const text = firstReceiverSettings(usual);
  const token = { ...remote1, token: "/t" };
  expect(() => withSite(text, "receiver.yaml", token)).toThrow("no transport http");
});
