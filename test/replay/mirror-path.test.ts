// `attempts: mirror` on the whole path: a real Icinga 2, both agents, a real Nagios.

import { readFile, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  icinga2Host,
  icinga2Service,
  missingFor,
  startIcinga2,
  startNagios,
} from "@siteferry/testkit/cores";
import { expect, test } from "vitest";
import { install, reportOf } from "../installation.ts";

const unavailable = missingFor("icinga2") ?? missingFor("nagios");

test.skipIf(unavailable !== null)(
  "the centre counts attempts as the site does, and catches up when it missed some",
  async () => {
    await using directory = await makeTemporaryDirectory("mirror");
    const own = { max_check_attempts: 3 };
    const host = icinga2Host("web", { max_check_attempts: 1 });
    await using icinga = await startIcinga2({ objects: host + icinga2Service("web", "disk", own) });
    await using nagios = await startNagios({ objectDirectories: [directory.path] });
    await using installation = await install({
      livestatus: `unix:${icinga.socketPath}`,
      checkResults: nagios.checkResultsDirectory,
      objectCache: nagios.objectCacheFile,
      objects: directory.path,
    });
    const yaml = await readFile(installation.receiverYaml, "utf8");
    const mirrored = yaml.replace("autoApprove: true", "autoApprove: true, attempts: mirror");
    expect(mirrored).not.toBe(yaml);
    await writeFile(installation.receiverYaml, mirrored);
    let dumpedSeconds = 0;
    const nowSeconds = (): number => Math.floor(Date.now() / 1000);
    const check = async (...states: number[]): Promise<void> => {
      // Check times are whole seconds: in that of a dump it wouldn't be another check.
      await expect.poll(nowSeconds, { timeout: 5000 }).toBeGreaterThan(dumpedSeconds);
      for (const state of states) {
        await icinga.run([{ host: "web", service: "disk", state, output: `state ${state}` }]);
      }
    };
    const ferry = async (): Promise<Readonly<Record<string, unknown>>> => {
      await installation.send();
      dumpedSeconds = nowSeconds();
      return reportOf(await installation.receive());
    };
    const handsOver = async (results: number): Promise<void> => {
      const report = await ferry();
      expect(report["results"], JSON.stringify(report)).toBe(results);
    };
    const shows = async (state: number, type: string, attempt: number): Promise<void> => {
      await nagios.waitUntil(`state ${state} ${type} ${attempt}`, ({ services }) => {
        const shown = services.get("web;disk") ?? {};
        const isHard = shown["state_type"] === "1";
        const now = [shown["current_state"], isHard ? "hard" : "soft", shown["current_attempt"]];
        // One that was never checked shows as OK, too, and its result still lies unread.
        return shown["has_been_checked"] === "1" && now.join() === [state, type, attempt].join();
      });
    };

    await icinga.run([{ host: "web", state: 0, output: "up" }]);
    await check(0);
    await ferry();
    await nagios.reload();
    await ferry();
    await shows(0, "hard", 1);
    await check(2);
    await handsOver(1);
    await shows(2, "soft", 1);
    await check(2);
    await handsOver(1);
    await shows(2, "soft", 2);
    await check(2);
    await handsOver(1);
    await shows(2, "hard", 3);
    // None of these is dumped alone.
    await check(0);
    await ferry();
    await shows(0, "hard", 1);
    await check(1, 2, 2, 2);
    await ferry();
    await shows(2, "hard", 3);
    await check(0, 1);
    await ferry();
    await shows(1, "soft", 1);
  },
);
