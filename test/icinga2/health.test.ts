// Each site as a service of a real Icinga 2, and what it shows of a site that has fallen silent.

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportOf } from "../installation.ts";
import { type Centre, openCentre } from "./centre.ts";
import { host, start, statesAt, usualRows } from "./rows.ts";

/** With a refusal the core looks up the names of a stack trace, which takes seconds. */
const slow = { timeout: 300_000 };
const own = `object Host "central" { check_command = "passive"; enable_active_checks = false }
object Service "siteferry beta" {
  host_name = "central"
  check_command = "passive"
  enable_active_checks = false
  vars.mine = true
}
object User "noc" { }
object NotificationCommand "tell" { command = [ "/bin/true" ] }
apply Notification "site" to Service {
  command = "tell"
  users = [ "noc" ]
  assign where service.vars.siteferry_health
}
`;

describe.skipIf(missingFor("icinga2") !== null)("how a site is, at an Icinga 2", () => {
  let centre: Centre;
  const show = async (type: "host" | "service", name: string) => {
    const attributes = [
      "state",
      "last_check_result",
      "last_check",
      "next_check",
      "package",
      "vars",
    ];
    const attrs = (await centre.objects(type, "enable_active_checks", ...attributes)).get(name);
    return { ...(attrs?.["last_check_result"] as object | null), ...attrs } as typeof attrs;
  };
  /** Sets how long a bundle of alpha is waited for. */
  const waitFor = async (interval: string): Promise<void> => {
    const file = `${centre.path}/receiver.yaml`;
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace(/interval: \w+/, `interval: ${interval}`));
  };
  /** As if the minute were over in which the services got their results. */
  const passMinute = async (): Promise<void> => {
    const state = `${centre.path}/spool/receiver/state`;
    const [target] = (await readdir(state)).filter((name) => name.startsWith("icinga2-"));
    for (const end of ["", ".previous"])
      await rm(`${state}/${target}/sites.said${end}`, { force: true });
  };

  beforeAll(async () => {
    centre = await openCentre({ alpha: "interval: 1h, whenSilent: all", beta: "" }, own);
    await centre.configure("reloadEvery: 1ms", "health: { host: central }");
  });

  afterAll(async () => {
    await centre?.[Symbol.asyncDispose]();
  });

  test("stands as a service on the host that is named; one of the operator's own stays so", async () => {
    await centre.configuration("alpha", usualRows);
    await centre.states("alpha", statesAt(0, "alpha"));
    const run = await centre.settle();
    expect(reportOf(run), run.stderr).toMatchObject({ failed: 0, packages: 1, sitesNotShown: 0 });
    const alpha = await show("service", "central!siteferry alpha");
    expect(alpha).toMatchObject({
      package: "siteferry",
      vars: { siteferry_health: "alpha" },
      state: 0,
      output: expect.stringMatching(/^SITEFERRY OK - alpha: last bundle \d+ s ago/),
      performance_data: expect.arrayContaining([expect.stringMatching(/^age=\d+s;7200;14400;0$/)]),
      check_source: "siteferry",
      enable_active_checks: true,
    });
    const rules = await centre.core.get("/v1/objects/notifications?attrs=name");
    expect(rules?.results.map(({ name }) => name)).toEqual(["central!siteferry alpha!site"]);
    // Then the core itself would say that nobody says anything.
    const pause = Number(alpha?.["next_check"]) - Number(alpha?.["last_check"]);
    expect(pause).toBeGreaterThan(290);
    expect(pause).toBeLessThan(301);
    expect(await show("service", "central!siteferry beta")).toMatchObject({
      package: "_etc",
      vars: { mine: true },
      state: 3,
      output: "SITEFERRY UNKNOWN - beta: no bundle has come yet",
    });
  });

  test("is UNKNOWN by the core itself when the receiver is silent, until it says something", async () => {
    await centre.core.command("SCHEDULE_FORCED_SVC_CHECK;central;siteferry alpha;0");
    await expect
      .poll(async () => await show("service", "central!siteferry alpha"), { timeout: 30_000 })
      .toMatchObject({
        state: 3,
        output: "UNKNOWN - the receiver has said nothing about alpha for 5 minutes",
      });
    // In the second of the core's own result ours is the older one to it; that of the next minute isn't.
    await expect
      .poll(
        async () => {
          await passMinute();
          await centre.receive();
          return await show("service", "central!siteferry alpha");
        },
        { timeout: 60_000, interval: 1000 },
      )
      .toMatchObject({ state: 0 });
  });

  test("silent: its services are UNKNOWN and its hosts DOWN, until the next bundle, to the second", async () => {
    await waitFor("1ms");
    await centre.receive();
    const silent = await centre.receive();
    expect(silent.status, silent.stderr).toBe(0);
    expect(await show("service", "central!siteferry alpha")).toMatchObject({
      state: 2,
      output: expect.stringMatching(/^SITEFERRY CRITICAL - alpha: no bundle for /),
    });
    const since = /^UNKNOWN - no data from alpha since \d{4}-.*Z\nBefore that: CRITICAL \| alpha$/;
    expect(await show("service", "web!Disk C:\\Data")).toMatchObject({
      state: 3,
      output: expect.stringMatching(since),
      performance_data: [],
      execution_start: start,
    });
    expect(await show("service", "db ü!CPU")).toMatchObject({ state: 3, output: "" });
    expect(await show("host", "web")).toMatchObject({
      state: 1,
      output: expect.stringMatching(/^no data from alpha since /),
    });
    expect(reportOf(await centre.receive())).toMatchObject({ results: 0 });

    await waitFor("1h");
    await centre.states("alpha", statesAt(0, "alpha"));
    await centre.settle();
    expect(await show("service", "web!Disk C:\\Data")).toMatchObject({
      state: 2,
      output: "CRITICAL | alpha\nline 1 | x\nline 2",
      execution_start: start,
    });
    expect(await show("host", "web")).toMatchObject({ state: 0, output: "PING alpha" });
    expect(await show("service", "central!siteferry alpha")).toMatchObject({ state: 0 });
  });

  test("said by a clock that was ahead for a while: the core takes what is right now", async () => {
    const ahead = "const now = Date.now; Date.now = () => now() + 7_200_000;";
    const environment = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    };
    expect(reportOf(await centre.receive({ environment }))).toMatchObject({ failed: 0 });
    const nowSeconds = Date.now() / 1000;
    const wrong = await show("service", "central!siteferry alpha");
    expect(wrong?.["execution_start"]).toBeGreaterThan(nowSeconds + 7000);
    expect((await centre.receive()).status).toBe(0);
    const right = await show("service", "central!siteferry alpha");
    expect(right?.["execution_start"]).toBeLessThan(nowSeconds + 60);
  });

  test(
    "a service that the core refuses is left out, and the sites' objects go on",
    slow,
    async () => {
      // As if the operator had defined it, too, and not reloaded yet: only the validation sees it.
      const file = `${centre.core.directory}/icinga2.conf`;
      const text = await readFile(file, "utf8");
      await writeFile(
        file,
        text +
          own
            .slice(own.indexOf("object Service"), own.indexOf("object User"))
            .replace("beta", "alpha"),
      );
      const hosts = [...usualRows["hosts"]!, host("added")];
      await centre.configuration("alpha", { ...usualRows, hosts });
      const run = await centre.receive();
      expect(run.status, run.stderr).toBe(75);
      expect(reportOf(run), run.stderr).toMatchObject({ packages: 1, sitesNotShown: 0 });
      expect(run.log).toContainEqual(
        expect.objectContaining({ code: "core-configuration-invalid" }),
      );
      expect(await show("host", "added")).toMatchObject({ package: "siteferry" });
      // The reload brought up the operator's own.
      const mended = await centre.settle();
      expect(mended.status, mended.stderr).toBe(0);
      await passMinute();
      await centre.receive();
      expect(await show("service", "central!siteferry alpha")).toMatchObject({
        package: "_etc",
        state: 0,
      });
      await writeFile(file, text);
    },
  );

  test("isn't shown on a host that the core hasn't got, which is counted and said", async () => {
    await centre.configure("reloadEvery: 1ms", "health: { host: nobody-here }");
    await passMinute();
    const run = await centre.receive();
    expect(reportOf(run)).toMatchObject({ failed: 0, sitesNotShown: 2 });
    expect(run.log).toContainEqual(expect.objectContaining({ host: "nobody-here", missing: 2 }));
    expect(reportOf(await centre.receive())).toMatchObject({ packages: 0, sitesNotShown: 2 });
  });
});
