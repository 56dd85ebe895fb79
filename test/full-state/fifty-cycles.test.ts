// A real Icinga 2 at the site in which objects change and people say things, over a line that loses
// bundles, into a real Nagios 4 and a real Icinga 2 that are restarted now and then: in the end both
// show what the site shows.

import { readdir, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  type Icinga2,
  icinga2Host,
  icinga2Service,
  missingFor,
  type Nagios,
  startIcinga2,
  startNagios,
} from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { install, type Installation, reportOf } from "../installation.ts";
import { SiteLife } from "./site-life.ts";
import { atIcinga2, atNagios } from "./shown.ts";

const cycles = 50;
const hosts = Array.from({ length: 20 }, (_, index) => `host-${index}`);
const services = Array.from({ length: 24 }, (_, index) => `service ${index}`);
const unavailable = missingFor("icinga2") ?? missingFor("nagios");

function objectsOf(prefix: string): string {
  const once = { max_check_attempts: 1 };
  return hosts
    .flatMap((host) => [
      icinga2Host(prefix + host, once),
      ...services.map((service) => icinga2Service(prefix + host, service, once)),
    ])
    .join("");
}

async function configure({ path, link, receiverYaml }: Installation, at: Centres): Promise<void> {
  const { nagios, icinga2, objects } = at;
  await writeFile(
    receiverYaml,
    `centre: central
allowedSigners: ${path}/allowed_signers
spool: ${path}/spool
sites:
  remote1: { prefix: "r1-", contacts: [testkit-nobody], objects: { autoApprove: true } }
transports:
  - drop: { dir: ${link} }
targets:
  - objects:
      dir: ${objects}
      core: nagios
      activate: { config: ${nagios.configurationFile}, reloadEvery: 1ms }
  - checkresults:
      dir: ${nagios.checkResultsDirectory}
      core: nagios
      objectCache: ${nagios.objectCacheFile}
  - commands: { file: ${nagios.commandFile}, status: ${nagios.statusFile}, core: nagios }
  - commands:
      livestatus: "unix:${icinga2.socketPath}"
      core: icinga2
      carry: [acknowledgements, downtimes, comments, results]
`,
  );
}

interface Centres {
  readonly nagios: Nagios;
  readonly icinga2: Icinga2;
  readonly objects: string;
}

/** Configurations and keyframes get through: without them nothing does, which other tests show. */
async function loseDeltas(link: string): Promise<void> {
  for (const name of await readdir(link)) {
    if (name.includes(".delta.")) await rm(`${link}/${name}`);
  }
}

describe.skipIf(unavailable !== null)("over many cycles", () => {
  test("both centres come to show what the site shows", { timeout: 600_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    process.stdout.write(`seed ${seed}\n`);
    await using stack = new AsyncDisposableStack();
    const site = stack.use(await startIcinga2({ objects: objectsOf("") }));
    const icinga2 = stack.use(await startIcinga2({ objects: objectsOf("r1-") }));
    const objects = await makeTemporaryDirectory("full-state");
    stack.defer(objects.remove);
    const nagios = stack.use(await startNagios({ objectDirectories: [objects.path] }));
    const installation = stack.use(await install({ livestatus: `unix:${site.socketPath}` }));
    await configure(installation, { nagios, icinga2, objects: objects.path });

    // A core that loads objects anew has no command file for a moment: that run says so, the next goes on.
    const receive = async () => {
      const received = await installation.receive();
      const troubles = received.log.flatMap(({ level, code }) => (level === 50 ? [code] : []));
      expect(troubles.filter((code) => code !== "core-takes-no-commands")).toEqual([]);
      expect(received.status, received.stderr).toBe(troubles.length === 0 ? 0 : 75);
      return reportOf(received) as Readonly<Record<string, number>>;
    };
    const send = async (): Promise<void> => {
      const sent = await installation.send();
      expect(sent.status, sent.stderr).toBe(0);
    };

    const life = new SiteLife(site, { hosts, services, seed });
    await life.checkAll();
    let lost = 0;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      await life.goOn();
      await send();
      if (life.isLikely(0.3)) {
        lost += 1;
        await loseDeltas(installation.link);
      }
      await receive();
      if (cycle % 20 === 10) await nagios.restart();
      if (cycle % 20 === 15) await icinga2.restart();
      // What it forgot of states comes with the next checks, and those come below.
      if (cycle === 25) await nagios.restart("lost");
    }
    expect(lost).toBeGreaterThan(0);
    await life.checkAll();
    await send();
    for (let runs = 0; ; runs++) {
      const { failed, results, commands, commandsWaiting, waitingForCore } = await receive();
      if (
        [failed, results, commands, commandsWaiting, waitingForCore].every((count) => count === 0)
      )
        break;
      expect(runs, `still ${commandsWaiting} commands and ${waitingForCore} results`).toBeLessThan(
        100,
      );
      await pause(500);
    }

    const truth = await atIcinga2(site, { prefix: "", mark: "" });
    expect(truth.acknowledgements.length).toBeGreaterThan(5);
    expect(truth.comments.length).toBeGreaterThan(5);
    expect(truth.downtimes.length).toBeGreaterThan(5);
    const isThere = { prefix: "r1-", mark: " (siteferry remote1)" };
    expect(await atNagios(nagios, isThere)).toEqual(truth);
    expect(await atIcinga2(icinga2, isThere)).toEqual({ ...truth, states: expect.anything() });
    const { states } = await atIcinga2(icinga2, isThere);
    // Its Livestatus takes no time with a result.
    const timeless = (all: readonly string[]): string[] =>
      all.map((one) => one.replace(/\|\d+$/, ""));
    expect(timeless(states)).toEqual(timeless(truth.states));

    // Nothing has changed: nothing is said.
    await send();
    expect(await receive()).toMatchObject({ commands: 0, results: 0 });
  });
});
