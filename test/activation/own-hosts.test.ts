// A site that may speak for any name says something of a host that the centre defines itself.

import { setTimeout as pause } from "node:timers/promises";
import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { reportOf } from "../installation.ts";
import { approvedSite, Centre } from "./centre.ts";

describe.skipIf(missingFor("nagios") !== null)("a host of the centre's own", () => {
  test("gets neither states nor downtimes of a site, unless the site feeds it", async () => {
    await using centre = await Centre.open({ sites: { alpha: approvedSite("") } });
    const { commandFile, statusFile } = centre.nagios;
    const more = `  - commands: { file: ${commandFile}, status: ${statusFile}, core: nagios }`;
    const now = Math.floor(Date.now() / 1000);
    const hosts = ["web", "testkit-centre"];
    const downtime = {
      author: "mallory",
      comment: "quiet, please",
      entry_time: now,
      start_time: now - 60,
      end_time: now + 3600,
      fixed: 1,
      duration: 3660,
    };
    const downtimes = hosts.map((host_name, id) => ({ id: id + 1, host_name, ...downtime }));
    const settle = async (feeds: string): Promise<readonly string[]> => {
      const site = approvedSite("", `, feeds: [${feeds}]`);
      await centre.configure({ sites: { alpha: site }, more });
      await centre.say("alpha", hosts, { downtimes });
      for (let runs = 0; ; runs++) {
        const received = await centre.receive();
        expect(received.status, received.stderr).toBe(0);
        const { commandsWaiting, results } = reportOf(received);
        if (commandsWaiting === 0 && results === 0) break;
        expect(runs).toBeLessThan(50);
        await pause(300);
      }
      const shown = await centre.nagios.status();
      return shown.downtimes
        .map(({ host_name = "" }) => host_name)
        .toSorted((a, b) => (a < b ? -1 : 1));
    };
    expect(await settle("")).toEqual(["web"]);
    const { hosts: before } = await centre.nagios.status();
    expect(before.get("testkit-centre")).toMatchObject({ has_been_checked: "0" });
    expect(await settle("testkit-centre")).toEqual(["testkit-centre", "web"]);
    await centre.nagios.waitUntil(
      "its state",
      (status) => status.hosts.get("testkit-centre")?.["has_been_checked"] === "1",
    );
  });
});
