// What people said at a site, in a real Icinga 2 at the centre: through its Livestatus, the states too.

import {
  type AnnotatedCentre,
  hostState,
  makeAnnotatedCentre,
  type Said,
  serviceState,
  siteComment,
  siteDowntime,
} from "@siteferry/receiver/test-annotated";
import {
  type Icinga2,
  icinga2Host,
  icinga2Service,
  missingFor,
  startIcinga2,
} from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostileTexts, settle } from "./settle.ts";

const start = Math.floor(Date.now() / 1000) - 1_000;
const end = start + 90_000;

describe.skipIf(missingFor("icinga2") !== null)("Icinga 2 as the centre", () => {
  let core: Icinga2;
  let centre: AnnotatedCentre;

  beforeAll(async () => {
    const names = ["disk", "load", "cpu"];
    const vars = { rack: "a1", other: "x" };
    core = await startIcinga2({
      objects: ["web", "r2-web"]
        .flatMap((host) => [
          icinga2Host(host, { vars }),
          ...names.map((name) => icinga2Service(host, name)),
        ])
        .join(""),
    });
    const carry = ["acknowledgements", "downtimes", "comments", "results", "customVariables"];
    const livestatus = `unix:${core.socketPath}`;
    centre = await makeAnnotatedCentre({
      sites: { remote1: {}, remote2: { prefix: "r2-" } },
      targets: () => [
        { commands: { livestatus, core: "icinga2", carry, customVariables: ["rack"] } },
      ],
    });
  });
  afterAll(async () => {
    await centre?.[Symbol.asyncDispose]();
    await core?.stop();
  });

  const rows = async (query: string): Promise<string[]> => {
    const answer = await core.query(`${query}\nSeparators: 10 124 44 44`);
    return String(answer)
      .split("\n")
      .filter((line) => line !== "")
      .toSorted();
  };
  const shows = async () => ({
    comments: await rows(
      "GET comments\nColumns: host_name service_description entry_type author comment",
    ),
    downtimes: await rows(
      "GET downtimes\nColumns: host_name service_description fixed duration author comment",
    ),
  });

  const problem = { state: 2, last_check: start, plugin_output: "CRITICAL", perf_data: "a=1" };
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
      siteComment("web", null, { id: 3, comment: "who; knows \\n é 🚀 $HOSTNAME$" }),
      siteComment("web", "cpu", { id: 4, comment: "twice" }),
      siteComment("web", "cpu", { id: 5, comment: "twice" }),
    ],
    downtimes: [
      siteDowntime("web", null, { id: 1, start_time: start, end_time: end }),
      siteDowntime("web", "cpu", {
        id: 2,
        start_time: start,
        end_time: end,
        fixed: 0,
        duration: 600,
        comment: "flexible",
      }),
      siteDowntime("web", "disk", {
        id: 3,
        start_time: start,
        end_time: end,
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
      `web|cpu|1|${mark("anna")}|twice`,
      `web|cpu|1|${mark("anna")}|twice`,
      `web|disk|4|${mark("anna")}|on it`,
      `web|load|4|${mark("bert")}|wait`,
      `web||1|${mark("anna")}|who; knows \\n é 🚀 $HOSTNAME$`,
    ],
    downtimes: [
      `web|cpu|0|600|${mark("anna")}|flexible`,
      `web|disk|0|700|${mark("anna")}|triggered`,
      `web||1|90000|${mark("anna")}|a downtime`,
    ],
  };
  const states = async (): Promise<string[]> =>
    await rows(
      "GET services\nColumns: host_name description state acknowledgement_type plugin_output",
    );

  test("all appears, and a cycle without a change sends nothing", async () => {
    await centre.say("remote1", said);
    // Four results among them.
    expect(await settle(centre)).toBe(12);
    expect(await shows()).toEqual(shown);
    expect(await states()).toEqual(
      expect.arrayContaining([
        "web|disk|2|2|CRITICAL",
        "web|load|2|1|CRITICAL",
        "web|cpu|2|0|CRITICAL",
      ]),
    );
    await centre.say("remote1", said);
    expect(await settle(centre)).toBe(0);
  });

  test("the core restarts: what it kept isn't sent again; if it forgot all, all of it is", async () => {
    await core.restart();
    expect(await settle(centre)).toBe(0);
    expect(await shows()).toEqual(shown);
    await core.restart("lost");
    expect(await settle(centre)).toBe(12);
    expect(await shows()).toEqual(shown);
    expect(await states()).toContain("web|disk|2|2|CRITICAL");
  });

  test("custom variables that the core has get the site's values", async () => {
    const custom_variables = [
      ["rack", "b2 ü"],
      ["other", "not wanted"],
    ] as const;
    const host = { name: "web", custom_variables } as never;
    await centre.say("remote1", { ...said, configuration: { hosts: [host] } });
    expect(await settle(centre)).toBe(1);
    expect(await rows("GET hosts\nColumns: name custom_variable_values")).toContain("web|x,b2 ü");
    expect(await settle(centre)).toBe(0);
  });

  test("an operator's own stays; what is gone at the site goes, and only that", async () => {
    await core.command(
      "ADD_SVC_COMMENT;web;cpu;1;operator;twice",
      `SCHEDULE_HOST_DOWNTIME;web;${start};${end};1;0;0;operator;a downtime`,
      "ACKNOWLEDGE_SVC_PROBLEM;web;cpu;2;0;1;operator;mine",
    );
    await centre.say("remote2", {
      hosts: [hostState("web", { last_check: start })],
      comments: [siteComment("web", null, { comment: "of remote2" })],
    });
    await centre.say("remote1", {
      ...said,
      services: said.services!.map((state) => ({ ...state, acknowledged: 0 })),
      comments: [siteComment("web", "cpu", { id: 5, comment: "twice" })],
      downtimes: [],
    });
    await settle(centre);
    expect(await shows()).toEqual({
      comments: [
        `r2-web||1|${mark("anna", "remote2")}|of remote2`,
        `web|cpu|1|${mark("anna")}|twice`,
        "web|cpu|1|operator|twice",
        "web|cpu|4|operator|mine",
      ].toSorted(),
      downtimes: ["web||1|0|operator|a downtime"],
    });
    expect(await states()).toEqual(
      expect.arrayContaining(["web|disk|2|0|CRITICAL", "web|cpu|2|2|CRITICAL"]),
    );
  });

  test("hostile texts and authors are texts and authors: no second command", async () => {
    const problemsOf = (text: string, index: number) => ({
      id: index + 1,
      comment: text,
      author: text,
    });
    await centre.say("remote1", {
      hosts: [hostState("web", { last_check: start })],
      services: ["cpu", "disk", "load"].map((name, index) => {
        const output = hostileTexts[index]!;
        const changes = {
          plugin_output: output,
          long_plugin_output: output,
          last_check: start + 5,
        };
        return serviceState("web", name, { ...problem, ...changes });
      }),
      comments: hostileTexts.map((text, index) =>
        siteComment("web", null, problemsOf(text, index)),
      ),
      downtimes: hostileTexts.map((text, index) =>
        siteDowntime("web", null, {
          ...problemsOf(text, index),
          start_time: start,
          end_time: end + index,
        }),
      ),
    });
    await settle(centre);
    const { comments, downtimes } = await shows();
    const own = (line: string): boolean => line.includes("(siteferry remote1)|");
    expect(comments.filter(own)).toHaveLength(hostileTexts.length);
    expect(downtimes.filter(own)).toHaveLength(hostileTexts.length);
    expect(comments.filter((line) => !own(line))).toEqual([
      `r2-web||1|${mark("anna", "remote2")}|of remote2`,
      "web|cpu|1|operator|twice",
      "web|cpu|4|operator|mine",
    ]);
    expect(await settle(centre)).toBe(0);
  });
});
