// What people are shown of the sites: services at the cores, and the page.

import { describe, expect, test } from "vitest";
import { find } from "./test-find.ts";

const health = { host: "central" };
const atIcinga2 = {
  hosts: '{"results":[{"name":"central","attrs":{"package":"_etc","zone":""}}]}',
  services: '{"results":[{"name":"central!siteferry remote1","attrs":{"package":"siteferry"}}]}',
};
const icinga2 = {
  yaml: { health, targets: [{ icinga2: { url: "https://core:5665", ca: "/ca", password: "/p" } }] },
  objects: atIcinga2,
};
const cacheOf = (service: string) => ({
  "/cache": `define host {\n\thost_name\tcentral\n\t}\ndefine service {\n\thost_name\tcentral\n\tservice_description\t${service}\n\t}\n`,
});

describe("the services of the sites:", () => {
  const none = '{"results":[]}';
  test.each([
    [
      "there",
      { yaml: { health }, texts: cacheOf("siteferry remote1") },
      "ok /cache: central shows",
    ],
    ["at an Icinga 2", icinga2, "ok https://core:5665: central shows 1 site"],
    ["no service", { yaml: { health }, texts: cacheOf("") }, "fail /cache: central has no service"],
    [
      "no host at an Icinga 2",
      { ...icinga2, objects: { ...atIcinga2, hosts: none } },
      "fail https://core:5665: the core has no central of its own",
    ],
    [
      "a site's host at an Icinga 2",
      {
        ...icinga2,
        objects: { ...atIcinga2, hosts: atIcinga2.hosts.replace("_etc", "siteferry") },
      },
      "fail https://core:5665: the core has no central of its own",
    ],
    [
      "no service at an Icinga 2",
      { ...icinga2, objects: { ...atIcinga2, services: none } },
      "fail https://core:5665: central has no service siteferry remote1",
    ],
    [
      "no cache to look into",
      { yaml: { health, targets: [{ checkresults: { dir: "/results", core: "nagios" } }] } },
      "warning whether the core of /results has central",
    ],
    [
      "no core that gets them",
      { yaml: { health, targets: [{ commands: { core: "cmc", livestatus: "unix:/live" } }] } },
      "warning no core gets them",
    ],
    ["not wished for", {}, "skipped no health.host"],
  ] as const)("%s", async (_what, changes, line) => {
    expect(await find("site services", changes)).toEqual([expect.stringContaining(line)]);
  });
});

describe("the page:", () => {
  const taken = { listen: async () => "taken" as const };
  test.each([
    ["served", {}, "ok", ["ok http:127.0.0.1:8781: a receiver listens there"]],
    ["of somebody else", {}, null, ["fail at http:127.0.0.1:8781 listens somebody else"]],
    [
      "of a receiver that is stuck",
      {},
      "stuck: a run",
      [/^warning the receiver at .* says stuck: a/],
    ],
    [
      "for everybody",
      { listen: "0.0.0.0:8781" },
      "ok",
      [/^ok /, /^warning everybody who reaches 0\.0\.0\.0:8781 may read the page/],
    ],
  ] as const)("%s", async (_what, page, receiver, lines) => {
    const found = await find("page", { yaml: { page }, probes: taken, receiver });
    expect(found).toEqual(lines.map((line) => expect.stringMatching(line) as string));
  });
});
