// Whose a host is at a core that is told by commands.

import type { HostName, SiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import { centreHostsToldBy } from "./centre-hosts.ts";
import type { CommandsSettings } from "./commands-settings.ts";
import type { Icinga2Settings } from "./icinga2-settings.ts";
import type { Opening } from "./opening.ts";

const site = "remote1" as SiteId;
const icinga2 = { core: "icinga2", livestatus: "unix:/unused" } as CommandsSettings;

function openingOf(...packages: string[]): Opening {
  const targets = packages.map((name) => ({ icinga2: { package: name } as Icinga2Settings }));
  return { settings: { targets } } as unknown as Opening;
}

test("at an Icinga 2 a host of the package that was never checked isn't the centre's own; the API says it, once", async () => {
  const asked: string[] = [];
  const hosts = await centreHostsToldBy(openingOf("ferry"), icinga2, async (target) => {
    asked.push(target.package);
    return new Set(["router"]);
  });
  for (const one of [site, "remote2" as SiteId]) {
    const isCentres = await hosts!.isCentres(one);
    expect(isCentres("never-checked" as HostName)).toBe(false);
    expect(isCentres("router" as HostName)).toBe(true);
  }
  expect(asked).toEqual(["ferry"]);
});

test("at which of several Icinga 2 isn't known, nor at one that siteferry brings no objects", async () => {
  expect(await centreHostsToldBy(openingOf("one", "two"), icinga2)).toBeNull();
  expect(await centreHostsToldBy(openingOf(), icinga2)).toBeNull();
});
