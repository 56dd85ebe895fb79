import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { Log } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import type { SiteSettings } from "../settings.ts";
import { makeCentre, nowMs } from "../test-centre.ts";

test("services that the core hasn't got are counted in each run, and said when they are others", async () => {
  const said: object[] = [];
  const quiet = (): void => {};
  const warn = (fields: object): void => void said.push(fields);
  const log: Log = { debug: quiet, info: quiet, warn, error: quiet };
  const targets = (path: string): readonly object[] => [
    { checkresults: { dir: `${path}/results`, core: "nagios", objectCache: `${path}/cache` } },
  ];
  const health = { host: "central" };
  await using centre = await makeCentre(undefined, undefined, [], { targets, health, log });
  const runAt = async (seconds: number): Promise<number> => {
    const clock = { now: () => nowMs + seconds * 1000 };
    return (await centre.receive(nodeFiles, clock)).sitesNotShown;
  };
  const cache = (...sites: readonly string[]): Promise<void> => {
    const services = sites.map(
      (site) =>
        `define service {\n\thost_name\tcentral\n\tservice_description\tsiteferry ${site}\n\t}\n`,
    );
    return writeFile(`${centre.path}/cache`, services.join(""));
  };
  await cache();
  expect([await runAt(0), await runAt(1), await runAt(60)]).toEqual([2, 2, 2]);
  expect(said).toEqual([{ host: "central", missing: 2 }]);
  await cache("remote1");
  expect([await runAt(120), await runAt(121)]).toEqual([1, 1]);
  await cache("remote1", "remote2");
  expect(await runAt(180)).toBe(0);
  expect(said).toHaveLength(2);
});

test("a site that comes into the settings, or goes, has its service at the core, or none, from the next run on", async () => {
  const sites = { remote1: { objects: { autoApprove: true } } };
  const targets = (path: string): readonly object[] => [
    { objects: { dir: `${path}/objects`, core: "nagios" } },
  ];
  const options = { targets, health: { host: "central" } };
  await using centre = await makeCentre(sites, undefined, [], options);
  await centre.put("config", 1);
  const services = async (): Promise<readonly string[]> => {
    await centre.receive();
    const text = await readFile(`${centre.path}/objects/live/siteferry-sites.cfg`, "utf8");
    return Array.from(text.matchAll(/service_description +(.*)/g), ([, name]) => name!);
  };
  expect(await services()).toEqual(["siteferry remote1"]);
  const known = centre.settings.sites as Record<string, SiteSettings>;
  known["remote2"] = known["remote1"]!;
  expect(await services()).toEqual(["siteferry remote1", "siteferry remote2"]);
  delete known["remote1"];
  expect(await services()).toEqual(["siteferry remote2"]);
});

test("of a clock that was ahead for a while nothing stays: the next result is of the right time", async () => {
  await using centre = await makeCentre({ remote1: {} }, undefined, [], {
    health: { host: "central" },
  });
  const results = `${centre.path}/results`;
  /** When the site's service was checked, minutes after the beginning, and its state: what the core reads. */
  const readAt = async (minutes: number): Promise<readonly string[]> => {
    await centre.receive(nodeFiles, { now: () => nowMs + minutes * 60_000 });
    const read: string[] = [];
    for (const name of await readdir(results)) {
      const text = await readFile(`${results}/${name}`, "utf8");
      const [, seconds, state] =
        /^service_description=.*$[^]*^start_time=(\d+)[^]*^return_code=(\d)$/m.exec(text) ?? [];
      if (seconds !== undefined) read.push(`${(Number(seconds) - nowMs / 1000) / 60} ${state}`);
      await rm(`${results}/${name}`);
    }
    return read;
  };
  await centre.put("keyframe", 1);
  expect(await readAt(0)).toEqual(["0 0"]);
  expect(await readAt(125)).toEqual(["125 2"]);
  await centre.put("keyframe", 2);
  expect(await readAt(6)).toEqual(["6 0"]);
  expect(await readAt(7)).toEqual(["7 0"]);
});
