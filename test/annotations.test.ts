// What people say at a real Icinga 2 and what happens there, as it lies in the bundles that `send` seals:
// acknowledgements, downtimes, comments set through its Livestatus, and the lines of its log.

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import {
  applyDelta,
  type OpenedKeyframe,
  parseAllowedSigners,
  unpack,
  verify,
} from "@siteferry/bundle";
import { parseSiteId, type SiteEvent, type States } from "@siteferry/model";
import {
  type Icinga2,
  icinga2Host,
  icinga2Object,
  icinga2Service,
  missingFor,
  startIcinga2,
} from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { siteferry } from "./command-line.ts";
import { install, type Installation, reportOf } from "./installation.ts";

const objects = [
  ...["web 1", "db ü"].flatMap((host) => [
    icinga2Host(host, { max_check_attempts: 1 }),
    icinga2Service(host, "Load", { max_check_attempts: 2 }),
    icinga2Service(host, "Disk C:\\Data", { max_check_attempts: 1 }),
  ]),
  icinga2Object("CompatLogger", "compat"),
].join("");

/** Comments or downtimes as Livestatus has them, read without siteferry; by their ids. */
async function truth(core: Icinga2, table: string, columns: readonly string[]) {
  const names = ["id", "host_name", "service_description", ...columns].join(" ");
  const answer = await core.query(`GET ${table}\nColumns: ${names}\nSeparators: 0 1 2 3`);
  const rows = answer.toString().split("\0").slice(0, -1);
  return rows
    .map((row) => row.split("\u0001"))
    .sort(([one], [other]) => Number(one) - Number(other));
}

const commentColumns = [
  "author",
  "comment",
  "entry_time",
  "entry_type",
  "persistent",
  "expire_time",
];
const downtimeColumns =
  "author comment entry_time start_time end_time fixed duration triggered_by".split(" ");

/** The same of what was sealed. */
function told(rows: readonly object[], columns: readonly string[]): string[][] {
  const cellsOf = (row: Readonly<Record<string, string | number | null>>): string[] =>
    ["id", "host_name", "description", ...columns].map((name) => String(row[name] ?? ""));
  const all = rows.map((row) => cellsOf({ ...row }));
  return all.sort(([one], [other]) => Number(one) - Number(other));
}

describe.skipIf(missingFor("icinga2") !== null)("a real Icinga 2", () => {
  let core: Icinga2;
  let installation: Installation;
  let keyframe: OpenedKeyframe;

  /** What the centre would know after this run. */
  async function send(config = installation.senderYaml): Promise<States> {
    for (const name of await readdir(installation.link)) await rm(`${installation.link}/${name}`);
    const sent = await siteferry(["send", "--once", "--config", config]);
    expect(sent.status, sent.stderr).toBe(0);
    expect(reportOf(sent)).toMatchObject({ eventsUnread: 0, eventsLeftOut: 0, rowsRefused: 0 });
    const file = `${installation.path}/allowed_signers`;
    const signers = parseAllowedSigners(await readFile(file, "utf8"), file);
    const centre = parseSiteId("central")!;
    let states: States | null = null;
    for (const name of await readdir(installation.link)) {
      const bytes = await readFile(`${installation.link}/${name}`);
      const bundle = await unpack(await verify(bytes, { centre, signers, nowMs: Date.now() }));
      if (bundle.kind === "keyframe") states = (keyframe = bundle).states;
      if (bundle.kind === "delta") states = applyDelta(keyframe, bundle);
    }
    return states!;
  }

  async function expectTruth({ annotations, hosts, services }: States): Promise<void> {
    const { comments, downtimes } = annotations!;
    const [said, planned] = [
      await truth(core, "comments", commentColumns),
      await truth(core, "downtimes", downtimeColumns),
    ];
    const withZero = planned.map((row) =>
      row.map((cell, index) => (index === 10 ? cell || "0" : cell)),
    );
    expect(told(comments, commentColumns)).toEqual(said);
    expect(told(downtimes, downtimeColumns)).toEqual(withZero);
    const known = new Set([...hosts.map(({ name }) => name), ...services.map((s) => s.host_name)]);
    expect(known.size).toBe(2);
  }

  beforeAll(async () => {
    core = await startIcinga2({ objects });
    installation = await install({ livestatus: `unix:${core.socketPath}` });
    await core.run([
      { host: "web 1", state: 2, output: "DOWN; really" },
      { host: "db ü", state: 0, output: "UP" },
      { host: "db ü", service: "Load", state: 2, output: "soft; first" },
      { host: "web 1", service: "Disk C:\\Data", state: 1, output: "C:\\new; ü 📦 50%|a=1" },
    ]);
  });

  afterAll(async () => {
    await core?.stop();
    await installation?.[Symbol.asyncDispose]();
  });

  test("acknowledgements, downtimes and comments travel, field by field", async () => {
    const now = Math.floor(Date.now() / 1000);
    await core.command(
      `ACKNOWLEDGE_HOST_PROBLEM;web 1;2;1;1;jörg;seen; "really" 📦`,
      `ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web 1;Disk C:\\Data;1;0;0;${now + 7200};alice;until later`,
      `SCHEDULE_HOST_DOWNTIME;web 1;${now - 60};${now + 3600};1;0;0;alice;fixed; in it`,
      `SCHEDULE_SVC_DOWNTIME;db ü;Load;${now - 60};${now + 3600};0;0;1800;alice;flexible`,
      `SCHEDULE_SVC_DOWNTIME;db ü;Disk C:\\Data;${now - 60};${now + 3600};0;1;600;alice;triggered`,
      `SCHEDULE_HOST_DOWNTIME;db ü;${now + 7200};${now + 9000};1;0;0;alice;to come`,
      `ADD_HOST_COMMENT;db ü;1;alice;C:\\rack; "left"`,
      `ADD_SVC_COMMENT;web 1;Load;0;alice;ü`,
    );
    const states = await send();
    await expectTruth(states);
    const { comments, downtimes } = states.annotations!;
    expect(comments.map(({ entry_type }) => entry_type).join("")).toMatch(/^[14]{4}$/);
    expect(comments.find(({ author }) => author === "jörg")).toMatchObject({
      host_name: "web 1",
      description: null,
      comment: 'seen; "really" 📦',
    });
    expect(comments.find(({ expire_time }) => expire_time > 0)?.expire_time).toBe(now + 7200);
    expect(downtimes.map(({ fixed }) => fixed)).toEqual(
      downtimes.map(({ comment }) => (/fixed|come/.test(comment) ? 1 : 0)),
    );
    const trigger = downtimes.find(({ comment }) => comment === "triggered")!.triggered_by;
    expect(downtimes.find(({ id }) => id === trigger)?.comment).toBe("fixed; in it");
    const acknowledged = states.hosts.find(({ name }) => name === "web 1")!;
    expect(acknowledged).toMatchObject({ acknowledged: 1, acknowledgement_type: 2 });
  });

  test("what happened before travels with it, in its order", async () => {
    const { events } = keyframe.states;
    const short = (event: SiteEvent): string =>
      `${event.host_name};${event.description ?? ""} ${event.kind} ${event.state} ${event.state_type}`;
    expect(events.map(short)).toEqual(
      expect.arrayContaining(["web 1; alert 1 1", "web 1; downtime-started 0 0"]),
    );
    const alert = events.find(({ description }) => description === "Disk C:\\Data");
    expect(alert).toMatchObject({
      host_name: "web 1",
      kind: "alert",
      state: 1,
      state_type: 1,
      attempt: 1,
      plugin_output: "C:\\new; ü 📦 50%",
    });
    const times = events.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  test("a flap between two dumps is seen, and what is gone is gone", async () => {
    const before = keyframe.states.events.length;
    const flap = { host: "db ü", service: "Disk C:\\Data" };
    await core.run([{ ...flap, state: 2, output: "short; trouble" }]);
    await core.run([{ ...flap, state: 0, output: "over" }]);
    const { annotations } = keyframe.states;
    const ended = annotations!.downtimes.find(({ comment }) => comment === "fixed; in it")!;
    const said = annotations!.comments.find(({ comment }) => comment === "ü")!;
    await core.command(
      `DEL_HOST_DOWNTIME;${ended.id}`,
      `DEL_SVC_COMMENT;${said.id}`,
      `REMOVE_HOST_ACKNOWLEDGEMENT;web 1`,
      `ADD_HOST_COMMENT;web 1;1;bob;new`,
    );
    const states = await send();
    await expectTruth(states);
    expect(states.annotations!.downtimes.map(({ id }) => id)).not.toContain(ended.id);
    expect(states.annotations!.comments.map(({ id }) => id)).not.toContain(said.id);
    const news = states.events!.slice(before);
    expect(
      news
        .filter(({ kind, description }) => kind === "alert" && description === flap.service)
        .map(({ state, plugin_output: output }) => [state, output]),
    ).toEqual([
      [2, "short; trouble"],
      [0, "over"],
    ]);
    expect(news.map(({ kind }) => kind)).toContain("downtime-cancelled");
    // Said again by the next delta, as this one may be lost; once at the centre.
    const again = await send();
    expect(again.events).toEqual(states.events);
  });

  test("with a filter nothing of the other objects leaves the site", async () => {
    const config = `${installation.path}/filtered.yaml`;
    const yaml = await readFile(installation.senderYaml, "utf8");
    const filters = ["hosts", "services"].map((table) => `${table}: ["Filter: host_name = web 1"]`);
    await writeFile(
      config,
      `${yaml.replace("/spool", "/filtered")}filters: { ${filters.join(", ")} }\n`,
    );
    const { hosts, services, annotations, events } = await send(config);
    const rows = [...services, ...annotations!.comments, ...annotations!.downtimes, ...events!];
    expect(new Set(rows.map(({ host_name }) => host_name))).toEqual(new Set(["web 1"]));
    expect(hosts).toHaveLength(1);
    expect(annotations!.comments.length).toBeGreaterThan(0);
    expect(events!.length).toBeGreaterThan(0);
  });

  test("a core whose log can't be asked for is said, and all else travels", async () => {
    await rm(`${core.directory}/LogDir/compat/archives`, { recursive: true });
    for (const name of await readdir(installation.link)) await rm(`${installation.link}/${name}`);
    const sent = await installation.send();
    expect(sent.status, sent.stderr).toBe(0);
    expect(reportOf(sent)).toMatchObject({ shipped: 1, eventsUnread: 1 });
    expect(sent.stderr).toContain("log can't be read");
    await writeFile(
      installation.senderYaml,
      `events: false\n${await readFile(installation.senderYaml, "utf8")}`,
    );
    expect(reportOf(await installation.send())).toMatchObject({ shipped: 1, eventsUnread: 0 });
  });
});
