// From what people say at a real Icinga 2 to what a real Nagios 4 shows at the centre, by both agents.

import { once } from "node:events";
import { appendFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  icinga2Host,
  icinga2Service,
  missingFor,
  type NagiosStatus,
  startIcinga2,
  startNagios,
} from "@siteferry/testkit/cores";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSiteferry } from "../command-line.ts";
import { install } from "../installation.ts";
import { siteObjects } from "./settle.ts";

const cannot = missingFor("icinga2") ?? missingFor("nagios");

describe.skipIf(cannot !== null)("from an Icinga 2 to a Nagios 4", () => {
  test("the receiver's daemon brings all of it by itself, within one bundle, and says when it is there", async () => {
    await using site = await startIcinga2({
      objects: icinga2Host("web") + icinga2Service("web", "disk", { max_check_attempts: 1 }),
    });
    await site.run([
      { host: "web", state: 0, output: "UP" },
      { host: "web", service: "disk", state: 2, output: "CRITICAL" },
    ]);
    const now = Math.floor(Date.now() / 1000);
    await site.command(
      "ACKNOWLEDGE_SVC_PROBLEM;web;disk;2;0;0;anna;on it",
      "ADD_HOST_COMMENT;web;1;bert;grüße; 🚀",
      `SCHEDULE_HOST_DOWNTIME;web;${now - 5};${now + 600};1;0;0;anna;new disk`,
    );
    await using objects = await makeTemporaryDirectory("commands");
    await writeFile(`${objects.path}/site.cfg`, siteObjects(["web"], ["disk"]));
    await using nagios = await startNagios({ objectDirectories: [objects.path] });
    await using installation = await install({
      livestatus: `unix:${site.socketPath}`,
      checkResults: nagios.checkResultsDirectory,
    });
    const { commandFile, statusFile } = nagios;
    const target = `{ file: ${commandFile}, status: ${statusFile}, core: nagios }`;
    await appendFile(installation.receiverYaml, `  - commands: ${target}\n`);
    // Nothing but arrivals wakes it, and what waits to be seen.
    await appendFile(installation.receiverYaml, 'schedule: "0 0 1 1 *"\n');

    const daemon = startSiteferry(["receive", "--config", installation.receiverYaml]);
    const exited = once(daemon, "exit");
    onTestFinished(() => void daemon.kill("SIGKILL"));
    const lines = createInterface({ input: daemon.stderr! });
    const seen = untilSeen(lines);
    expect((await installation.send()).status).toBe(0);
    await nagios.waitUntil("what was said", (status) => said(status).length === 3);
    expect(said(await nagios.status())).toEqual([
      "anna (siteferry remote1): new disk",
      "anna (siteferry remote1): on it",
      "bert (siteferry remote1): grüße; 🚀",
    ]);
    expect(await seen).toMatchObject({ commandsWaiting: 0, commandsRefused: 0, failed: 0 });
    daemon.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });
});

/** The report of the run in which the last of it was seen. */
async function untilSeen(lines: NodeJS.EventEmitter): Promise<Record<string, unknown>> {
  for (let hasWaited = false; ;) {
    const [line] = (await once(lines, "line")) as [string];
    const report = JSON.parse(line) as Record<string, unknown>;
    const waiting = report["commandsWaiting"];
    if (waiting === 0 && hasWaited) return report;
    hasWaited ||= Number(waiting) > 0;
  }
}

function said({ comments, downtimes }: NagiosStatus): string[] {
  const ofPeople = comments.filter(({ entry_type: type }) => type !== "2");
  return [...ofPeople, ...downtimes]
    .map(({ author, comment_data, comment }) => `${author}: ${comment_data ?? comment}`)
    .toSorted();
}
