// The page of a real daemon: its numbers are those of the bundles that came, on this machine only.

import { once } from "node:events";
import { appendFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { parseAddress, serve } from "@siteferry/livestatus";
import { freePort, makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { siteferry, startSiteferry } from "../command-line.ts";
import { doctor } from "../doctor/doctor.ts";
import { install } from "../installation.ts";

interface Daemon extends AsyncDisposable {
  said(text: string): Promise<void>;
}

function startReceiver(config: string): Daemon {
  const child = startSiteferry(["receive", "--config", config]);
  const lines = createInterface({ input: child.stderr! });
  return {
    async said(text) {
      for (;;) {
        const [line] = (await once(lines, "line")) as [string];
        if (line.includes(text)) return;
      }
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function get(port: number, path: string, host = "localhost"): Promise<[number, string]> {
  const asked = request({ host: "127.0.0.1", port, path, headers: { host }, agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += chunk;
  return [response.statusCode, body];
}

test("counts what came and what was refused, as status does, and still after a restart", async () => {
  await using directory = await makeTemporaryDirectory("page");
  const livestatus = `unix:${directory.path}/live`;
  const clock = { now: () => Date.now() };
  const fake = makeFakeSite({ hosts: 5, servicesPerHost: 4, seed: 3, clock });
  const site = await serve(parseAddress(livestatus), fake.source, {});
  await using installation = await install({ livestatus });
  const port = await freePort();
  await appendFile(installation.receiverYaml, `page: { listen: "127.0.0.1:${port}" }\n`);
  const garbageName = "remote1-000000000001-000000000009.keyframe.ferry";
  const metric = async (name: string): Promise<string | undefined> => {
    const [, text] = await get(port, "/metrics");
    return text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1];
  };
  const bundles = 'siteferry_site_bundles_total{site="remote1"}';

  {
    await using receiver = startReceiver(installation.receiverYaml);
    await receiver.said("Took in 0 bundles");
    expect((await get(port, "/sites/remote1"))[1]).toContain("no bundle has come yet");
    await writeFile(`${installation.link}/${garbageName}`, "<script>alert(1)</script>");
    await receiver.said("Took in 0 bundles");
    expect((await installation.send()).status).toBe(0);
    await receiver.said("Took in 2 bundles");
    // What was read for those who asked before is kept for a moment.
    await expect.poll(() => metric(bundles), { timeout: 60_000, interval: 500 }).toBe("2");
    const [status, page] = await get(port, "/");
    expect(status).toBe(200);
    const { stdout } = await siteferry(["status", "--json", "--config", installation.receiverYaml]);
    const [{ numbers }] = JSON.parse(stdout) as [{ numbers: Record<string, unknown> }];
    expect(numbers).toMatchObject({ bundlesOfDay: 2, quarantined: 1, missed: 0 });
    const counted = numbers as { hosts: Record<string, number>; services: Record<string, number> };
    const sum = (counts: Record<string, number>): number =>
      Object.values(counts).reduce((total, one) => total + one, 0);
    expect([sum(counted.hosts), sum(counted.services)]).toEqual([5, 20]);
    for (const [state, count] of Object.entries(counted.services)) {
      expect(await metric(`siteferry_site_services{site="remote1",state="${state}"}`)).toBe(
        String(count),
      );
      expect(page.includes(`>${count} ${state}<`), state).toBe(count > 0);
    }
    expect((await get(port, "/sites/remote1"))[1]).toContain("bundle-not-one");
    expect(await get(port, "/v1/health")).toEqual([200, "ok\n"]);
    expect((await get(port, "/", "attacker.example"))[0]).toBe(421);
    const { lines } = await doctor("receiver", installation.receiverYaml);
    expect(lines).toContain(`OK page: http:127.0.0.1:${port}: a receiver listens there`);
  }
  // The page is gone with the daemon, and what is durable is back with the next.
  const refused = connect(port, "127.0.0.1");
  expect(await once(refused, "error")).toMatchObject([{ code: "ECONNREFUSED" }]);
  await using again = startReceiver(installation.receiverYaml);
  await again.said("Took in 0 bundles");
  expect(await metric(bundles)).toBe("2");
  await site.close();
});

test("listens on 127.0.0.1 and nowhere else, and a port that is taken is said at the start", async () => {
  await using directory = await makeTemporaryDirectory("page");
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  const port = await freePort();
  await appendFile(installation.receiverYaml, `page: { listen: "127.0.0.1:${port}" }\n`);
  await using receiver = startReceiver(installation.receiverYaml);
  await receiver.said("Took in 0 bundles");
  const elsewhere = connect(port, "127.0.0.2");
  expect(await once(elsewhere, "error")).toMatchObject([{ code: "ECONNREFUSED" }]);

  await using other = await install({ livestatus: `unix:${directory.path}/live` });
  await appendFile(other.receiverYaml, `page: { listen: "127.0.0.1:${port}" }\n`);
  const second = await siteferry(["receive", "--config", other.receiverYaml]);
  expect(second.status).not.toBe(0);
  expect(second.stderr).toContain(`Listening on 127.0.0.1:${port}`);
});
