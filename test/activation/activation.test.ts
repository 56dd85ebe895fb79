// Object configuration from three sites into a real Nagios 4, live in one run of the receiver.

import { readFile, rm } from "node:fs/promises";
import { missingFor, type NagiosFields } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportOf } from "../installation.ts";
import { approvedSite, Centre } from "./centre.ts";

const sites = {
  alpha: approvedSite(""),
  beta: approvedSite("beta-"),
  gamma: approvedSite("gamma-"),
};

function isShown(fields: NagiosFields | undefined): boolean {
  return fields?.["has_been_checked"] === "1";
}

describe.skipIf(missingFor("nagios") !== null)("objects into a real Nagios", () => {
  let centre: Centre;

  beforeAll(async () => {
    centre = await Centre.open({ sites });
  });

  afterAll(async () => {
    await centre?.[Symbol.asyncDispose]();
  });

  test("three sites, two with equal names: all is there after one run, with its states", async () => {
    await centre.say("alpha", ["web", "db"]);
    await centre.say("beta", ["web", "db"]);
    await centre.say("gamma", ["mail"]);
    const received = await centre.receive();
    expect(received.status, received.stderr).toBe(0);
    expect(reportOf(received)).toMatchObject({ activations: 1, results: 10, failed: 0 });
    const { hosts, services } = await centre.nagios.waitUntil("the states", (status) =>
      ["web", "beta-web", "gamma-mail"].every(
        (host) => status.services.get(`${host};ping`)?.["has_been_checked"] === "1",
      ),
    );
    expect([...hosts.keys()].sort()).toEqual([
      "beta-db",
      "beta-web",
      "db",
      "gamma-mail",
      "testkit-centre",
      "web",
    ]);
    expect(services.get("beta-web;ping")).toMatchObject({
      plugin_output: "of beta",
      active_checks_enabled: "0",
      passive_checks_enabled: "1",
      check_command: "siteferry-stale!beta",
    });
  });

  test("hosts that are new, renamed and gone, of several sites in one reload", async () => {
    await centre.say("alpha", ["web", "new"]);
    await centre.say("beta", ["web2", "db"]);
    expect(reportOf(await centre.receive())).toMatchObject({ activations: 1, failed: 0 });
    await centre.nagios.waitUntil("the new host", ({ hosts }) => hosts.has("new"));
    expect(await centre.hosts()).toEqual(["beta-db", "beta-web2", "gamma-mail", "new", "web"]);
    // The states of those that stay are kept over the reload.
    const { services } = await centre.nagios.status();
    expect(services.get("gamma-mail;ping")).toMatchObject({ plugin_output: "of gamma" });
    await centre.checkAlive();
  });

  test("R40 R51 R52 R53 a hostile site: the core sees nothing of it, the others go on", async () => {
    const evil = ["}", "a\ndefine command {", "$USER1$", "x;y", "`id`", "null", "#x", "x\\"];
    const texts = (index: number): Record<string, string> => ({
      alias: evil[index % evil.length]!,
      display_name: evil[(index + 1) % evil.length]!,
      address: evil[(index + 2) % evil.length]!,
      check_command: evil[(index + 3) % evil.length]!,
    });
    await centre.say("gamma", ["mail"], {
      hosts: [
        { name: "mail", ...texts(0), groups: ["a,b", "!x", "$G$"] },
        ...["*", "a,b", "$HOSTNAME$", "x}y"].map((name, index) => ({ name, ...texts(index) })),
      ],
      hostgroups: evil.map((name) => ({ name, alias: name })),
    });
    await centre.say("alpha", ["web", "newer", "testkit-centre"]);
    const received = await centre.receive();
    expect(reportOf(received)).toMatchObject({ activations: 1, failed: 0 });
    const refused = received.log.filter((line) => "directive" in line);
    expect(refused.length).toBeGreaterThan(10);
    for (const line of refused) {
      expect(line).toMatchObject({ site: expect.any(String), object: expect.any(String) });
    }
    expect(refused).toContainEqual(
      expect.objectContaining({ object: "host testkit-centre", outcome: "left out" }),
    );
    await centre.nagios.waitUntil("the newer host", ({ hosts }) => hosts.has("newer"));
    expect(await centre.hosts()).toEqual(["beta-db", "beta-web2", "gamma-mail", "newer", "web"]);
    await centre.checkAlive();
  });

  test("a configuration that the core refuses: only its site stays as it was, states keep flowing", async () => {
    await centre.configure({
      sites: { ...sites, beta: `{ prefix: "beta-", contacts: [nobody-here] }` },
    });
    await centre.say("beta", ["web2", "db", "third"]);
    await centre.say("alpha", ["web", "newest"]);
    const received = await centre.receive();
    expect(received.status).toBe(75);
    expect(reportOf(received)).toMatchObject({ activations: 1, failed: 1 });
    const alarm = received.log.find(({ code }) => code === "activation-refused");
    expect(alarm).toMatchObject({ site: "beta", reason: expect.stringContaining("nobody-here") });
    await centre.nagios.waitUntil("the newest host's state", ({ hosts }) =>
      isShown(hosts.get("newest")),
    );
    expect(await centre.hosts()).toContain("beta-web2");
    expect(await centre.hosts()).not.toContain("beta-third");
    expect((await centre.receive()).status).toBe(0);
    const seen = await centre.config("diff");
    expect(seen.status, seen.stderr).toBe(1);
    expect(seen.stdout).toContain("+ host beta-third");
    expect(seen.stdout).toMatch(/The core refuses what is new of beta: .*nobody-here/);
    await centre.configure({ sites });
    expect(reportOf(await centre.receive())).toMatchObject({ activations: 1, failed: 0 });
    expect((await centre.config("diff")).status).toBe(0);
    await centre.checkAlive();
  });

  test("an operator goes back to what was before, and on again", async () => {
    expect(await centre.hosts()).toContain("beta-third");
    expect((await centre.config("rollback")).status).toBe(0);
    await centre.receive();
    await centre.nagios.waitUntil("the hosts of before", ({ hosts }) => !hosts.has("beta-third"));
    expect((await centre.config("diff")).stdout).toContain("until: siteferry config approve");
    expect(await centre.config("approve")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^What is known goes live again in the .*\n$/),
    });
    await centre.receive();
    // Anew to the core, which knows no state of it any more: it comes though the site said nothing since.
    await centre.nagios.waitUntil("the third host's state", ({ hosts }) =>
      isShown(hosts.get("beta-third")),
    );
  });

  test("a site's first configuration waits for its approval, and so do its states", async () => {
    await centre.configure({ sites: { ...sites, gamma: "{ prefix: delta-, objects: {} }" } });
    await centre.receive();
    await centre.configure({ sites: { alpha: sites.alpha, beta: sites.beta } });
    await centre.receive();
    expect(await centre.hosts()).not.toContain("gamma-mail");
    const waiting = { ...sites, gamma: `{ prefix: "gamma-", contacts: [testkit-nobody] }` };
    await centre.configure({ sites: waiting });
    const waited = await centre.receive();
    expect([waited.status, reportOf(waited)["awaitingApproval"]]).toEqual([0, 1]);
    const rendered = await centre.config("render");
    expect(rendered.stdout).toContain("host_name              gamma-mail\n");
    expect((await centre.config("approve")).stdout).toBe(
      "What is known goes live again in the next run.\ngamma still waits for: siteferry config approve gamma\n",
    );
    expect(reportOf(await centre.receive())).toMatchObject({ awaitingApproval: 1 });
    expect((await centre.config("approve", "gamma")).status).toBe(0);
    expect(reportOf(await centre.receive())).toMatchObject({ awaitingApproval: 0, activations: 1 });
    await centre.nagios.waitUntil("the host's state", ({ hosts }) =>
      isShown(hosts.get("gamma-mail")),
    );
    // It leaves and comes back, and says nothing meanwhile.
    await centre.configure({ sites: { alpha: sites.alpha, beta: sites.beta } });
    await centre.receive();
    await centre.nagios.waitUntil("its end", ({ hosts }) => !hosts.has("gamma-mail"));
    await centre.configure({ sites });
    await centre.receive();
    await centre.nagios.waitUntil("the host's state again", ({ hosts }) =>
      isShown(hosts.get("gamma-mail")),
    );
  });

  test("200 changes in a row: one reload each batch, one generation live and few behind", async () => {
    const [batches, changes] = [10, 20];
    const reloads = async (): Promise<number> =>
      (await readFile(centre.nagios.logFile, "utf8")).split("RESTART_PROGRAM").length - 1;
    const before = await reloads();
    let change = 0;
    for (let batch = 1; batch <= batches; batch++) {
      for (const end = change + changes; change < end; change++) {
        await centre.say(change % 2 === 0 ? "alpha" : "beta", ["web", `changing-${change}`]);
      }
      const received = await centre.receive();
      expect(reportOf(received), `${batch}`).toMatchObject({ activations: 1, failed: 0 });
      expect((await reloads()) - before).toBe(batch);
    }
    const last = [`beta-changing-${change - 1}`, `changing-${change - 2}`];
    await centre.nagios.waitUntil("the last", ({ hosts }) => last.every((one) => hosts.has(one)));
    expect((await centre.hosts()).filter((name) => name.includes("changing")).sort()).toEqual(last);
    await centre.checkAlive();
  });

  test("a spool that is lost takes nothing out of the core; leaving the settings does", async () => {
    const before = await centre.hosts();
    await rm(`${centre.installation.path}/spool`, { recursive: true });
    await centre.configure({ sites: { ...sites, gamma: `{ prefix: "gamma-" }` } });
    const empty = await centre.receive();
    expect(empty.status, empty.stderr).toBe(0);
    expect(empty.stderr).toContain("No configuration of gamma is in ");
    expect((await centre.ask("status")).stdout).toContain("the core keeps the objects");
    await centre.checkAlive();
    expect(await centre.hosts()).toEqual(before);
    await centre.configure({ sites: { beta: sites.beta } });
    expect((await centre.receive()).status).toBe(0);
    await centre.nagios.waitUntil("only beta's", ({ hosts }) => !hosts.has("web"));
    expect(await centre.hosts()).toEqual(before.filter((name) => name.startsWith("beta-")));
  });
});
