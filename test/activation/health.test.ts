// Each site as a service of a real Nagios, and the same by `status` and `check`.

import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { reportOf } from "../installation.ts";
import { approvedSite, Centre } from "./centre.ts";

const more = "health: { host: testkit-centre }";
const sites = { alpha: approvedSite(""), beta: `{ prefix: "beta-", interval: 1h, objects: {} }` };

describe.skipIf(missingFor("nagios") !== null)("how a site is", () => {
  test("stands at the core as a service of its own, and in status and check", async () => {
    await using centre = await Centre.open({ sites });
    await centre.configure({ sites, more });
    const alias = "a;b";
    await centre.say("alpha", ["web"], { hosts: [{ name: "web", alias, address: "192.0.2.1" }] });
    await centre.say("beta", ["mail"]);
    expect(reportOf(await centre.receive())).toMatchObject({ failed: 0, activations: 1 });
    const { services } = await centre.nagios.waitUntil("the sites' services", (status) =>
      ["alpha", "beta"].every(
        (site) =>
          status.services.get(`testkit-centre;siteferry ${site}`)?.["has_been_checked"] === "1",
      ),
    );
    expect(services.get("testkit-centre;siteferry alpha")).toMatchObject({
      current_state: "0",
      plugin_output: expect.stringMatching(/^SITEFERRY OK - alpha: last bundle \d+ s ago$/),
      performance_data: expect.stringMatching(/^age=\d+s;120;240;0 .* refused_values=1;;;0$/),
      long_plugin_output: expect.stringMatching(/^1 value left out or replaced/),
    });
    expect(services.get("testkit-centre;siteferry beta")).toMatchObject({
      current_state: "1",
      plugin_output: expect.stringContaining("siteferry config approve beta"),
    });

    const status = await centre.ask("status");
    expect(status.status, status.stderr).toBe(0);
    expect(status.stdout).toMatch(
      /^SITE .*\nalpha +OK +\d+ s .* 0 of 1 .*\n +1 value left out or replaced/,
    );
    const listed = JSON.parse((await centre.ask("status", "--json")).stdout) as unknown;
    expect(listed).toMatchObject([
      {
        site: "alpha",
        state: "OK",
        numbers: { hosts: { up: 1 }, bundlesOfDay: 2 },
        refusedValues: [expect.stringMatching(/^host web: alias .*: replaced/)],
      },
      { state: "WARNING" },
    ]);
    expect(await centre.ask("check", "alpha")).toMatchObject({ status: 0 });
    expect(await centre.ask("check", "beta")).toMatchObject({ status: 1 });
    expect(await centre.ask("check", "--all")).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^SITEFERRY WARNING - 2 sites: look at beta \|/),
    });
    for (const words of [[], ["alpha", "--all"], ["gamma"]]) {
      const wrong = await centre.ask("check", ...words);
      expect(wrong.status).toBe(3);
      expect(wrong.stdout).toMatch(/^SITEFERRY UNKNOWN - /);
    }
    await centre.checkAlive();
  });

  test("isn't shown on a host that the core doesn't have, and nothing else suffers", async () => {
    await using centre = await Centre.open({ sites });
    await centre.configure({ sites, more: "health: { host: nobody-here }" });
    await centre.say("alpha", ["web"]);
    const received = await centre.receive();
    expect(reportOf(received)).toMatchObject({ failed: 0, activations: 1, sitesNotShown: 2 });
    expect(received.log).toContainEqual(expect.objectContaining({ host: "nobody-here" }));
    await centre.nagios.waitUntil("the host", ({ hosts }) => hosts.has("web"));
  });

  test("of a silent site nothing is known any more, until the next bundle says it as it was", async () => {
    const at = (interval: string) => ({
      alpha: `{ whenSilent: all, interval: ${interval}, objects: { autoApprove: true, attempts: mirror } }`,
    });
    await using centre = await Centre.open({ sites: at("1h") });
    const checked = Math.floor(Date.now() / 1000) - 100;
    const service = { host_name: "web", description: "ping" };
    const hard = { state: 1, state_type: 1, current_attempt: 3, last_state_change: checked - 60 };
    const rows = {
      services: [{ ...service, max_check_attempts: 3 }],
      host_states: [{ name: "web", last_check: checked, plugin_output: "up" }],
      service_states: [{ ...service, ...hard, last_check: checked, plugin_output: "slow" }],
    };
    const shown = async (what: string, state: string, hostState: string) => {
      const status = await centre.nagios.waitUntil(what, ({ hosts, services }) => {
        const [host, ping] = [hosts.get("web"), services.get("web;ping")];
        return host?.["current_state"] === hostState && ping?.["current_state"] === state;
      });
      return [status.hosts.get("web"), status.services.get("web;ping")] as const;
    };
    const isHard = { state_type: "1", current_attempt: "3", last_check: String(checked) };
    await centre.say("alpha", ["web"], rows);
    expect(reportOf(await centre.receive())).toMatchObject({ failed: 0, activations: 1 });
    expect((await shown("the problem", "1", "0"))[1]).toMatchObject(isHard);

    await centre.configure({ sites: at("1ms") });
    await centre.receive();
    const silent = await centre.receive();
    expect(reportOf(silent), silent.stderr).toMatchObject({ failed: 0, activations: 0 });
    const [host, ping] = await shown("the silence", "3", "2");
    const since = /^no data from alpha since \d{4}-/;
    expect(host).toMatchObject({ state_type: "1", last_check: String(checked) });
    expect(host?.["plugin_output"]).toMatch(since);
    expect(ping).toMatchObject({ ...isHard, long_plugin_output: "Before that: slow" });
    expect(ping?.["plugin_output"]).toMatch(/^UNKNOWN - no data from alpha since /);
    expect(reportOf(await centre.receive())).toMatchObject({ results: 0 });

    await centre.configure({ sites: at("1h") });
    await centre.say("alpha", ["web"], rows);
    await centre.receive();
    const [back, again] = await shown("what is known again", "1", "0");
    expect(back).toMatchObject({ plugin_output: "up", last_check: String(checked) });
    expect(again).toMatchObject({ ...isHard, plugin_output: "slow" });
  });
});
