// What people said at a site, in a real Nagios 4 at the centre: through its command file, read back from
// its status file.

import { open, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
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
import { missingFor, type Nagios, type NagiosFields, startNagios } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostileTexts, settle, siteObjects } from "./settle.ts";

const now = (): number => Math.floor(Date.now() / 1000);
const start = now() - 1_000;

describe.skipIf(missingFor("nagios") !== null)("Nagios 4 as the centre", () => {
  let nagios: Nagios;
  let centre: AnnotatedCentre;
  let dispose = async (): Promise<void> => {};

  beforeAll(async () => {
    const objects = await makeTemporaryDirectory("commands");
    await writeFile(
      `${objects.path}/site.cfg`,
      siteObjects(["web", "r2-web"], ["disk", "load", "cpu"]),
    );
    nagios = await startNagios({ objectDirectories: [objects.path] });
    centre = await makeAnnotatedCentre({
      sites: { remote1: {}, remote2: { prefix: "r2-" } },
      targets: () => [
        { checkresults: { dir: nagios.checkResultsDirectory, core: "nagios" } },
        { commands: { file: nagios.commandFile, status: nagios.statusFile, core: "nagios" } },
      ],
    });
    dispose = async () => {
      await centre[Symbol.asyncDispose]();
      await nagios.stop();
      await objects.remove();
    };
  });
  afterAll(() => dispose());

  /** As an operator at the centre. */
  async function operate(...commands: readonly string[]): Promise<void> {
    const pipe = await open(nagios.commandFile, constants.O_WRONLY | constants.O_NONBLOCK);
    for (const command of commands) await pipe.write(`[${now()}] ${command}\n`);
    await pipe.close();
  }

  async function annotations(): Promise<{
    readonly comments: readonly string[];
    readonly downtimes: readonly string[];
  }> {
    const { comments, downtimes } = await nagios.status();
    const nameOf = ({ host_name, service_description }: NagiosFields): string =>
      service_description === undefined ? host_name! : `${host_name};${service_description}`;
    return {
      comments: comments
        .filter(({ entry_type }) => entry_type !== "2")
        .map((fields) =>
          [nameOf(fields), fields["entry_type"], fields["author"], fields["comment_data"]].join(
            "|",
          ),
        )
        .toSorted(),
      downtimes: downtimes
        .map((fields) =>
          [nameOf(fields), fields["fixed"], fields["author"], fields["comment"]].join("|"),
        )
        .toSorted(),
    };
  }

  const problem = { state: 2, last_check: start, plugin_output: "CRITICAL" };
  const said: Said = {
    hosts: [hostState("web", { last_check: start, plugin_output: "UP" })],
    services: [
      serviceState("web", "disk", { ...problem, acknowledged: 1, acknowledgement_type: 2 }),
      serviceState("web", "load", { ...problem, acknowledged: 1, acknowledgement_type: 1 }),
      serviceState("web", "cpu", problem),
    ],
    comments: [
      siteComment("web", "disk", { id: 1, entry_type: 4, comment: "on it" }),
      siteComment("web", "load", { id: 2, entry_type: 4, author: "bert", comment: "wait" }),
      siteComment("web", null, { id: 3, comment: "who; knows \\n é 🚀 | $HOSTNAME$" }),
      siteComment("web", "cpu", { id: 4, comment: "twice" }),
      siteComment("web", "cpu", { id: 5, comment: "twice" }),
    ],
    downtimes: [
      siteDowntime("web", null, { id: 1, start_time: start, end_time: start + 90_000 }),
      siteDowntime("web", "cpu", {
        id: 2,
        start_time: start,
        end_time: start + 90_000,
        fixed: 0,
        duration: 600,
        comment: "flexible",
      }),
      siteDowntime("web", "disk", {
        id: 3,
        start_time: start,
        end_time: start + 90_000,
        fixed: 0,
        duration: 700,
        triggered_by: 1,
        comment: "triggered",
      }),
    ],
  };
  const mark = (author: string, site = "remote1"): string => `${author} (siteferry ${site})`;
  const shown = {
    comments: [
      `web;cpu|1|${mark("anna")}|twice`,
      `web;cpu|1|${mark("anna")}|twice`,
      `web;disk|4|${mark("anna")}|on it`,
      `web;load|4|${mark("bert")}|wait`,
      `web|1|${mark("anna")}|who; knows \\n é 🚀 | $HOSTNAME$`,
    ],
    downtimes: [
      `web;cpu|0|${mark("anna")}|flexible`,
      `web;disk|0|${mark("anna")}|triggered`,
      `web|1|${mark("anna")}|a downtime`,
    ],
  };

  test("acknowledgements, downtimes and comments appear, and a cycle without a change sends nothing", async () => {
    await centre.say("remote1", said);
    expect(await settle(centre)).toBe(8);
    expect(await annotations()).toEqual(shown);
    // The core begins a downtime a moment after it has taken it.
    const { services, downtimes } = await nagios.waitUntil(
      "the host in its downtime",
      ({ hosts }) => hosts.get("web")!["scheduled_downtime_depth"] === "1",
    );
    expect(services.get("web;disk")!["acknowledgement_type"]).toBe("2");
    expect(services.get("web;load")!["acknowledgement_type"]).toBe("1");
    expect(services.get("web;cpu")!["problem_has_been_acknowledged"]).toBe("0");
    const trigger = downtimes.find(({ comment }) => comment === "a downtime")!;
    const triggered = downtimes.find(({ comment }) => comment === "triggered")!;
    expect(triggered["triggered_by"]).toBe(trigger["downtime_id"]);
    expect([trigger["start_time"], trigger["end_time"]]).toEqual([`${start}`, `${start + 90_000}`]);
    await centre.say("remote1", said);
    expect(await settle(centre)).toBe(0);
    expect(await settle(centre)).toBe(0);
  });

  test("the core restarts: what it kept isn't sent again; without retention all of it is", async () => {
    await nagios.restart();
    expect(await settle(centre)).toBe(0);
    expect(await annotations()).toEqual(shown);
    await nagios.restart("lost");
    // The results come again with the next check at the site.
    const later = (state: { readonly last_check: number }) => ({
      last_check: state.last_check + 1,
    });
    await centre.say("remote1", {
      ...said,
      hosts: said.hosts!.map((state) => ({ ...state, ...later(state) })),
      services: said.services!.map((state) => ({ ...state, ...later(state) })),
    });
    expect(await settle(centre)).toBe(8);
    expect(await annotations()).toEqual(shown);
  });

  test("an operator's own at the centre stays, whatever the site says", async () => {
    await operate(
      "ADD_SVC_COMMENT;web;cpu;1;operator;twice",
      `SCHEDULE_HOST_DOWNTIME;web;${now()};${start + 90_000};1;0;0;operator;a downtime`,
      "ACKNOWLEDGE_SVC_PROBLEM;web;cpu;2;0;1;operator;mine",
    );
    await nagios.waitUntil("the operator's", ({ comments }) =>
      comments.some(({ comment_data }) => comment_data === "mine"),
    );
    const { services, ...rest } = said;
    await centre.say("remote1", {
      ...rest,
      services: services!.map((state) =>
        state.description === "cpu"
          ? { ...state, acknowledged: 1, acknowledgement_type: 1 }
          : state,
      ),
    });
    expect(await settle(centre)).toBe(0);
    expect(await annotations()).toEqual({
      comments: [
        "web;cpu|1|operator|twice",
        ...shown.comments,
        "web;cpu|4|operator|mine",
      ].toSorted(),
      downtimes: ["web|1|operator|a downtime", ...shown.downtimes].toSorted(),
    });
  });

  test("what is gone at the site goes, and only that; another site's stays", async () => {
    await centre.say("remote2", {
      hosts: [hostState("web", { last_check: start })],
      comments: [siteComment("web", null, { comment: "of remote2" })],
    });
    const state = { last_check: start + 2, state: 2 };
    await centre.say("remote1", {
      hosts: [hostState("web", { last_check: start + 2 })],
      services: ["disk", "load", "cpu"].map((name) => serviceState("web", name, state)),
      comments: [siteComment("web", "cpu", { id: 5, comment: "twice" })],
    });
    await settle(centre);
    expect(await annotations()).toEqual({
      comments: [
        `r2-web|1|${mark("anna", "remote2")}|of remote2`,
        `web;cpu|1|${mark("anna")}|twice`,
        "web;cpu|1|operator|twice",
        "web;cpu|4|operator|mine",
      ].toSorted(),
      downtimes: ["web|1|operator|a downtime"],
    });
    const { services } = await nagios.status();
    expect(services.get("web;disk")!["problem_has_been_acknowledged"]).toBe("0");
  });

  test("hostile texts and authors are texts and authors: no second command", async () => {
    await centre.say("remote1", {
      hosts: [hostState("web", { last_check: start + 3 })],
      comments: hostileTexts.map((text, index) =>
        siteComment("web", null, { id: index + 1, comment: text, author: text }),
      ),
      downtimes: hostileTexts.map((text, index) =>
        siteDowntime("web", null, {
          id: index + 1,
          start_time: start,
          end_time: start + 90_000 + index,
          comment: text,
          author: text,
        }),
      ),
    });
    await settle(centre);
    const { comments, downtimes } = await annotations();
    const own = (line: string): boolean => line.includes("(siteferry remote1)|");
    expect(comments.filter(own)).toHaveLength(hostileTexts.length);
    expect(downtimes.filter(own)).toHaveLength(hostileTexts.length);
    expect(comments.filter((line) => !own(line))).toEqual([
      `r2-web|1|${mark("anna", "remote2")}|of remote2`,
      "web;cpu|1|operator|twice",
      "web;cpu|4|operator|mine",
    ]);
    expect(await settle(centre)).toBe(0);
  });
});
