// Very many acknowledgements and downtimes at once, on real cores: all appear, none twice.

import { writeFile } from "node:fs/promises";
import {
  type AnnotatedCentre,
  hostState,
  makeAnnotatedCentre,
  type Said,
  serviceState,
  siteComment,
  siteDowntime,
} from "@siteferry/receiver/test-annotated";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  icinga2Host,
  icinga2Service,
  missingFor,
  type NagiosFields,
  startIcinga2,
  startNagios,
} from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { settle, siteObjects } from "./settle.ts";

const start = Math.floor(Date.now() / 1000) - 1_000;
const services = Array.from({ length: 10 }, (_, index) => `s${index}`);
const names = (hosts: number): string[] => Array.from({ length: hosts }, (_, index) => `h${index}`);

/** Each of the services acknowledged and in a downtime, once its problem is at the centre. */
async function sayMany(centre: AnnotatedCentre, hosts: number): Promise<void> {
  const problem = { state: 2, last_check: start, plugin_output: "CRITICAL" };
  const objects = names(hosts).flatMap((host) =>
    services.map((service) => [host, service] as const),
  );
  const said: Said = { hosts: names(hosts).map((host) => hostState(host, { last_check: start })) };
  const states = objects.map(([host, service]) => serviceState(host, service, problem));
  await centre.say("remote1", { ...said, services: states });
  await settle(centre);
  await centre.say("remote1", {
    ...said,
    services: states.map((state) => ({ ...state, acknowledged: 1, acknowledgement_type: 2 })),
    comments: objects.map(([host, service], index) =>
      siteComment(host, service, { id: index + 1, entry_type: 4, comment: `ticket ${index}` }),
    ),
    downtimes: objects.map(([host, service], index) => {
      const when = { start_time: start, end_time: start + 90_000 };
      return siteDowntime(host, service, { ...when, id: index + 1, comment: `downtime ${index}` });
    }),
  });
  // What is sent while others are seen already is sent once all the same.
  expect(await settle(centre)).toBe(2 * objects.length);
  expect(await settle(centre)).toBe(0);
}

test.skipIf(missingFor("nagios") !== null)(
  "10,000 in Nagios 4, through its command file",
  async () => {
    const hosts = 500;
    await using objects = await makeTemporaryDirectory("commands");
    await writeFile(`${objects.path}/site.cfg`, siteObjects(names(hosts), services));
    await using nagios = await startNagios({ objectDirectories: [objects.path] });
    const { commandFile: file, statusFile: status, checkResultsDirectory: dir } = nagios;
    await using centre = await makeAnnotatedCentre({
      targets: () => [
        { checkresults: { dir, core: "nagios" } },
        { commands: { file, status, core: "nagios" } },
      ],
    });
    await sayMany(centre, hosts);
    const { comments, downtimes } = await nagios.status();
    const acknowledgements = comments.filter(({ entry_type: type }) => type === "4");
    expect(new Set(acknowledgements.map(({ comment_data: text }) => text)).size).toBe(5_000);
    expect(acknowledgements).toHaveLength(5_000);
    expect(new Set(downtimes.map(({ comment }) => comment)).size).toBe(5_000);
    expect(downtimes).toHaveLength(5_000);
    // The core begins downtimes one by one, after it has taken them.
    const isHeld = (fields: NagiosFields): boolean =>
      fields["problem_has_been_acknowledged"] === "1" && fields["scheduled_downtime_depth"] === "1";
    await nagios.waitUntil(
      "5,000 downtimes that have begun",
      ({ services: states }) => [...states.values()].filter(isHeld).length === 5_000,
    );
  },
);

describe.skipIf(missingFor("icinga2") !== null)("Icinga 2", () => {
  test("1,000 through its Livestatus, on several connections", async () => {
    const hosts = 50;
    const objects = names(hosts).map(
      (host) => icinga2Host(host) + services.map((name) => icinga2Service(host, name)).join(""),
    );
    await using core = await startIcinga2({ objects: objects.join("") });
    const carry = ["acknowledgements", "downtimes", "comments", "results"];
    await using centre = await makeAnnotatedCentre({
      targets: () => [
        { commands: { livestatus: `unix:${core.socketPath}`, core: "icinga2", carry } },
      ],
    });
    await sayMany(centre, hosts);
    const texts = async (table: string): Promise<string[]> =>
      String(await core.query(`GET ${table}\nColumns: comment`))
        .trim()
        .split("\n")
        .toSorted();
    const all = (what: string): string[] =>
      Array.from({ length: 500 }, (_, index) => `${what} ${index}`).toSorted();
    expect(await texts("comments")).toEqual(all("ticket"));
    expect(await texts("downtimes")).toEqual(all("downtime"));
  });
});
