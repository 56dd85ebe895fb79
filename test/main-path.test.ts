// The main path on real components: a real Icinga 2's Livestatus → sender → directory → receiver → a
// real Nagios 4, object by object.

import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  type Icinga2,
  type Icinga2Check,
  icinga2Host,
  icinga2Object,
  icinga2Service,
  missingFor,
  type Nagios,
  type NagiosFields,
  startIcinga2,
  startNagios,
} from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { install, type Installation, reportOf } from "./installation.ts";

const unavailable = missingFor("icinga2") ?? missingFor("nagios");

/** What plugins print, byte for byte, with their exit code; null: never checked. */
const plugins: readonly (readonly [service: string, state: number, output: string] | null)[] = [
  ["CPU load", 0, "OK - 15 min load 0.90 at 4 cores|load1=2.70;5;10;0;4 load15=0.90;5;10;0;4"],
  ["Interface äöü", 1, "WARNING - Übertragung 10 MBit/s, emoji 🚀, euro €|in=10;;;0;100"],
  [
    "Disk C:\\Data",
    2,
    "CRITICAL - C:\\new\\temp 50% used; trend: up; see D:\\\\x|'C:\\Data'=50%;80",
  ],
  ["Cluster", 3, "UNKNOWN - no answer"],
  ["Jobs", 0, "OK - 3 jobs\njob one: fine; really\n\njob two at D:\\data\\x: fine|age=3h;26;50\n"],
  ["Trailing", 1, "ends with a backslash \\"],
  ["Bar", 2, "text with a | in=1 it"],
  ["Quiet", 0, ""],
  ["Backup 📦", 2, "CRITICAL - soft for now"],
  null,
];
const hostNames = Array.from(
  { length: 20 },
  (_, index) => `host-${index}${index % 5 === 4 ? " ü" : ""}`,
);
const pendingHost = hostNames[19]!;

function siteObjects(): string {
  const services = (host: string): string[] =>
    plugins.map((plugin, index) =>
      icinga2Service(host, plugin?.[0] ?? "Never", {
        // Soft at the site: one result of three attempts.
        max_check_attempts: index === 8 ? 3 : 1,
        groups: ["all services"],
      }),
    );
  return [
    icinga2Object("HostGroup", "linux", { display_name: "Linux boxes" }),
    icinga2Object("ServiceGroup", "all services", { display_name: "All of them" }),
    ...hostNames.flatMap((host) => [
      icinga2Host(host, { address: "192.0.2.1", groups: ["linux"], max_check_attempts: 1 }),
      ...services(host),
    ]),
  ].join("");
}

function firstChecks(): Icinga2Check[] {
  return hostNames.flatMap((host, index) => [
    ...(host === pendingHost
      ? []
      : [{ host, state: index % 4 === 3 ? 2 : 0, output: `ping of ${host}` }]),
    ...plugins.flatMap((plugin) =>
      plugin === null
        ? []
        : [
            {
              host,
              service: plugin[0],
              state: plugin[1],
              output: plugin[2],
              seconds: index === 0 ? 0.3 : 0,
            },
          ],
    ),
  ]);
}

const columns = [
  "has_been_checked",
  "state",
  "last_check",
  "execution_time",
  "latency",
  "plugin_output",
  "long_plugin_output",
  "perf_data",
] as const;
type Truth = Readonly<Record<(typeof columns)[number], string>>;

/** What Livestatus says, read without siteferry. */
async function readTruth(core: Icinga2): Promise<Map<string, Truth>> {
  const truth = new Map<string, Truth>();
  for (const [table, names] of [
    ["hosts", ["name"]],
    ["services", ["host_name", "description"]],
  ] as const) {
    const answer = await core.query(
      `GET ${table}\nColumns: ${[...names, ...columns].join(" ")}\nSeparators: 0 1 2 3`,
    );
    for (const row of answer.toString().split("\0").slice(0, -1)) {
      const cells = row.split("\u0001");
      const values = cells.slice(names.length);
      const fields = Object.fromEntries(columns.map((column, index) => [column, values[index]!]));
      truth.set(cells.slice(0, names.length).join(";"), fields as Truth);
    }
  }
  return truth;
}

/** What Nagios must show for it, with each difference that the core imposes named. */
function expectedAtNagios(truth: Truth): Partial<NagiosFields> {
  if (truth.has_been_checked === "0") return { has_been_checked: "0", plugin_output: "" };
  const text = truth.plugin_output
    // Nagios trims the short text and makes `:` of `;` in it.
    .trim()
    .replaceAll(";", ":");
  return {
    has_been_checked: "1",
    current_state: truth.state,
    plugin_output: text,
    long_plugin_output: truth.long_plugin_output.replaceAll("\\n", "\n"),
    performance_data: truth.perf_data.trim(),
    last_check: truth.last_check,
  };
}

describe.skipIf(unavailable !== null)("the main path on real cores", () => {
  let icinga: Icinga2;
  let nagios: Nagios;
  let installation: Installation;
  const objects = makeTemporaryDirectory("objects");

  beforeAll(async () => {
    const { path } = await objects;
    icinga = await startIcinga2({ objects: siteObjects() });
    nagios = await startNagios({ objectDirectories: [path] });
    installation = await install({
      livestatus: `unix:${icinga.socketPath}`,
      checkResults: nagios.checkResultsDirectory,
      objectCache: nagios.objectCacheFile,
      objects: path,
    });
    await icinga.run(firstChecks());
  });

  afterAll(async () => {
    await icinga?.stop();
    await nagios?.stop();
    await installation?.[Symbol.asyncDispose]();
    await (await objects).remove();
  });

  test("configuration is rendered and loads; states wait until it is live", async () => {
    const sent = await installation.send();
    expect(sent.status, sent.stderr).toBe(0);
    expect(reportOf(sent)).toMatchObject({ shipped: 2, waiting: 0, rowsRefused: 0 });
    const received = await installation.receive();
    expect(received.status, received.stderr).toBe(0);
    expect(reportOf(received)).toMatchObject({ accepted: 2, refused: 0, results: 0 });
    expect(reportOf(received)["waitingForConfiguration"]).toBe(19 + 20 * 9);
    await nagios.reload();
    const { hosts, services } = await nagios.status();
    expect([...hosts.keys()].filter((name) => name.startsWith("host-"))).toHaveLength(20);
    expect([...services.keys()].filter((name) => name.startsWith("host-"))).toHaveLength(200);
  });

  test("each object's state is the site's, field by field", async () => {
    const received = await installation.receive();
    expect(reportOf(received)).toMatchObject({ results: 19 + 20 * 9, waitingForConfiguration: 0 });
    const truth = await readTruth(icinga);
    expect(truth.size).toBe(220);
    const checked = [...truth].filter(([, { has_been_checked }]) => has_been_checked === "1");
    const status = await nagios.waitUntil("all results", ({ hosts, services }) =>
      checked.every(([key]) => (services.get(key) ?? hosts.get(key))?.["has_been_checked"] === "1"),
    );
    for (const [key, fields] of truth) {
      const shown = (status.services.get(key) ?? status.hosts.get(key))!;
      expect(shown, key).toMatchObject(expectedAtNagios(fields));
      if (fields.has_been_checked === "0") continue;
      // Nagios keeps three digits of both, from the microseconds that it was handed.
      expect(Number(shown["check_execution_time"]), key).toBeCloseTo(
        Number(fields.execution_time),
        2,
      );
      expect(Number(shown["check_latency"]), key).toBeCloseTo(Number(fields.latency), 2);
    }
    const slow = status.services.get(`${hostNames[0]};CPU load`)!;
    expect(Number(slow["check_execution_time"])).toBeGreaterThan(0.3);
  });

  test("a cycle in which nothing was checked writes nothing", async () => {
    await installation.send();
    const received = await installation.receive();
    expect(received.status, received.stderr).toBe(0);
    expect(reportOf(received)).toMatchObject({
      accepted: 1,
      results: 0,
      resultFiles: 0,
      objectFiles: 0,
    });
  });

  test("seven services change: exactly seven results", async () => {
    // Check times are whole seconds: in the same one it wouldn't be another check.
    const before = await readTruth(icinga);
    const changed = hostNames.slice(0, 7).map((host) => ({ host, service: "CPU load", state: 2 }));
    const newest = Math.max(...[...before.values()].map(({ last_check }) => Number(last_check)));
    await expect
      .poll(() => Math.floor(Date.now() / 1000), { timeout: 5000 })
      .toBeGreaterThan(newest);
    await icinga.run(changed.map((check) => ({ ...check, output: `now ${check.host}` })));
    await installation.send();
    expect(reportOf(await installation.receive())).toMatchObject({ results: 7, resultFiles: 1 });
    const isShown = ({ services }: { services: ReadonlyMap<string, NagiosFields> }): boolean =>
      changed.every(
        ({ host }) => services.get(`${host};CPU load`)?.["plugin_output"] === `now ${host}`,
      );
    const status = await nagios.waitUntil("the seven results", isShown);
    const truth = await readTruth(icinga);
    for (const [key, fields] of truth) {
      const shown = (status.services.get(key) ?? status.hosts.get(key))!;
      expect(shown, key).toMatchObject(expectedAtNagios(fields));
    }
  });
});
