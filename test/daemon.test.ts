// Both agents as daemons: what happens at the site arrives by itself, and they stop when they are
// told to.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFile, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { siteferry, startSiteferry } from "./command-line.ts";
import { install } from "./installation.ts";

/** An agent that runs, and what it logs. */
interface Agent extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The next log line, from now on, that has `text`. */
  said(text: string): Promise<Record<string, unknown>>;
  /** SIGTERM; the exit status. */
  stop(): Promise<number | null>;
}

function start(verb: string, config: string): Agent {
  const child = startSiteferry([verb, "--config", config]);
  const lines = createInterface({ input: child.stderr! });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    return (await exited)[0];
  };
  return {
    child,
    async said(text) {
      for await (const [line] of (async function* () {
        for (;;) yield (await once(lines, "line")) as [string];
      })()) {
        if (line.includes(text)) return JSON.parse(line) as Record<string, unknown>;
      }
      throw new Error("unreachable");
    },
    stop,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) await stop();
    },
  };
}

test("states arrive by themselves, cycle after cycle, and SIGTERM ends both agents with 0", async () => {
  await using directory = await makeTemporaryDirectory("daemon");
  const address = parseAddress(`unix:${directory.path}/live`);
  const site = makeFakeSite({
    hosts: 3,
    servicesPerHost: 4,
    seed: 2,
    clock: { now: () => Date.now() },
  });
  const server = await serve(address, site.source, { flavour: "naemon" });
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  await appendFile(installation.senderYaml, 'schedule: "* * * * * *"\n');
  // Only the watcher can wake it within a year. It does so for a file that isn't whole yet, too.
  await appendFile(installation.receiverYaml, 'schedule: "0 0 1 1 *"\n');
  await using receiver = start("receive", installation.receiverYaml);
  await receiver.said("Took in 0 bundles");
  await using sender = start("send", installation.senderYaml);
  for (let accepted = 0; accepted === 0;) {
    accepted = Number((await receiver.said("Took in"))["accepted"]);
  }
  await sender.said("Sealed 1");
  await receiver.said("Took in");
  expect(await sender.stop()).toBe(0);
  expect(await receiver.stop()).toBe(0);
  await server.close();
});

test("a daemon outlives a core that is gone, and stops although the core hangs", async () => {
  await using directory = await makeTemporaryDirectory("daemon");
  const socket = `${directory.path}/live`;
  await using installation = await install({ livestatus: `unix:${socket}` });
  await appendFile(installation.senderYaml, 'schedule: "* * * * * *"\n');
  await using sender = start("send", installation.senderYaml);
  expect(await sender.said("Nothing was sent")).toMatchObject({ code: "livestatus-unreachable" });
  const hanging = createServer(() => {}).listen(socket);
  await once(hanging, "connection");
  expect(await sender.stop()).toBe(0);
  hanging.close();
  expect(await readdir(installation.link)).toEqual([]);
});

test("a second agent in one spool is told that it is busy", async () => {
  await using directory = await makeTemporaryDirectory("daemon");
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  await using receiver = start("receive", installation.receiverYaml);
  await receiver.said("Took in");
  const second = await installation.receive();
  expect([second.status, second.stderr]).toEqual([75, expect.stringContaining("spool-busy")]);
});

test("a misspelt option and an unknown command are told, with 64", async () => {
  for (const parameters of [["send", "--onec"], ["sned"], ["dump", "--core", "shinken"]]) {
    const run = await siteferry(parameters);
    expect([run.status, run.stdout]).toEqual([64, ""]);
    expect(run.stderr).toMatch(/did you mean|unknown|Did you mean|Allowed choices/i);
  }
  expect((await siteferry(["--help"])).status).toBe(0);
});

test("keygen makes what ssh-keygen would, and never overwrites", async () => {
  await using directory = await makeTemporaryDirectory("keygen");
  const path = `${directory.path}/key`;
  expect((await siteferry(["keygen", path, "-C", "remote1"])).stdout).toContain("ssh-ed25519");
  const again = await siteferry(["keygen", path]);
  expect([again.status, again.stderr]).toEqual([78, expect.stringContaining("never overwritten")]);
  await writeFile(`${directory.path}/other.pub`, "");
  expect((await siteferry(["keygen", `${directory.path}/other`])).status).toBe(78);
  expect(await readdir(directory.path)).not.toContain("other");
});
