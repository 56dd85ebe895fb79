// A receiver that is killed between the store and the answer, and one whose disk is full: both agents as
// their operators run them, by ssh into a process and by http to the daemon.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import { freePort, makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import { truthOf } from "../faults/served-site.ts";
import { mountSmallDisk, whyNoMounts } from "../faults/mounts.ts";
import { install, type Installation, readyForReceipts, reportOf } from "../installation.ts";
import { makeClient, sshSection } from "./ssh-ground.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const dying = fileURLToPath(new URL("die-before-answer.ts", import.meta.url));
const noDisk = await whyNoMounts("small disk");
const objects = { hosts: 100, servicesPerHost: 5 };

interface Ground extends AsyncDisposable {
  readonly installation: Installation;
  /** While it exists, the next receiver that answers dies. */
  readonly sign: string;
  readonly receiverSpool: string;
  /** How many objects of the site have a result. */
  readonly results: number;
  readonly daemon: Daemon;
  /** How many bundles wait at the site, and how many there are in the receiver's spool. */
  counts(): Promise<{ readonly atSite: number; readonly atCentre: number }>;
}

/** What has to run at the centre, if anything. */
interface Daemon {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const links = ["ssh", "http", "tunnel"] as const;
type Link = (typeof links)[number];

async function openGround(link: Link): Promise<Ground> {
  const stack = new AsyncDisposableStack();
  const { path } = stack.use(await makeTemporaryDirectory("fault"));
  const livestatus = `unix:${path}/live`;
  const site = makeFakeSite({ ...objects, seed: 1, clock: Date });
  const core = await serve(parseAddress(livestatus), site.source, {});
  stack.defer(() => core.close());
  const installation = stack.use(await install({ livestatus }));
  await readyForReceipts(installation);
  const sign = `${path}/die`;
  const open = { ssh: openSsh, http: openHttp, tunnel: openTunnel }[link];
  const daemon = await open(stack, installation, sign);
  stack.defer(() => daemon.stop());
  const receiverSpool = `${installation.path}/spool/receiver`;
  const bundlesIn = async (directory: string): Promise<number> =>
    (await readdir(directory, { recursive: true })).filter((name) => /\.ferry(@|$)/.test(name))
      .length;
  return {
    installation,
    sign,
    receiverSpool,
    results: truthOf(site).size,
    daemon,
    counts: async () => ({
      atSite: await bundlesIn(`${installation.path}/spool/sender/outbox`),
      atCentre: await bundlesIn(receiverSpool),
    }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

type Open = (
  stack: AsyncDisposableStack,
  installation: Installation,
  sign: string,
) => Promise<Daemon>;

/** A process at the centre for each bundle. */
const openSsh: Open = async (stack, { senderYaml, receiverYaml }, sign) => {
  const client = stack.use(await makeClient());
  const words = [process.execPath, "--import", dying, bin, "receive", "--stdin", "remote1"];
  const command = `DIE_ONCE=${sign} ${words.join(" ")} --config ${receiverYaml}`;
  const authorizedKeys = [`restrict,command="${command}" ${client.publicKey}`];
  const sshd = stack.use(await startSshd({ authorizedKeys }));
  // However busy the machine is: here nothing is to fail by its slowness.
  const section = (await sshSection(client, sshd)).replace("{", "{ timeout: 5m,");
  await replaceTransport(senderYaml, `ssh: ${section}`);
  return { start: async () => {}, stop: async () => {} };
};

/** The daemon. */
const openHttp: Open = async (_stack, installation, sign) => {
  const { port, token, daemon } = await openDaemon(installation, sign);
  const url = `http://127.0.0.1:${port}`;
  const section = `http: { url: "${url}", token: ${token}, timeout: 5m }`;
  await replaceTransport(installation.senderYaml, section);
  return daemon;
};

/** The daemon, behind sshd. */
const openTunnel: Open = async (stack, installation, sign) => {
  const { port, token, daemon } = await openDaemon(installation, sign);
  const client = stack.use(await makeClient());
  const permission = `restrict,port-forwarding,permitopen="127.0.0.1:${port}"`;
  const sshd = stack.use(
    await startSshd({ authorizedKeys: [`${permission} ${client.publicKey}`] }),
  );
  const own = `{ timeout: 5m, tunnel: { port: ${port}, token: ${token} },`;
  const section = (await sshSection(client, sshd)).replace("{", own);
  await replaceTransport(installation.senderYaml, `ssh: ${section}`);
  return daemon;
};

async function openDaemon({ path, receiverYaml }: Installation, sign: string) {
  const port = await freePort();
  const token = `${path}/token`;
  await writeFile(token, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
  const sites = `{ remote1: { token: ${token} } }`;
  await replaceTransport(receiverYaml, `http: { listen: "127.0.0.1:${port}", sites: ${sites} }`);
  let child: ChildProcess | null = null;
  const daemon: Daemon = {
    async start() {
      const words = ["--import", dying, bin, "receive", "--config", receiverYaml];
      child = spawn(process.execPath, words, {
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, DIE_ONCE: sign },
      });
      // It says so when it listens.
      await once(child.stderr!, "data");
      child.stderr!.resume();
    },
    async stop() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
  return { port, token, daemon };
}

async function replaceTransport(file: string, transport: string): Promise<void> {
  const yaml = await readFile(file, "utf8");
  await writeFile(file, yaml.replace(/- drop: .*/, `- ${transport}`));
}

/** Everything gets through, and the core is told of each object once, of a problem also since when. */
async function expectOnce({ installation, daemon, counts, results }: Ground): Promise<void> {
  const sent = await installation.send();
  expect(sent.status, sent.stderr).toBe(0);
  expect(await counts()).toMatchObject({ atSite: 0 });
  await daemon.stop();
  const received = await installation.receive();
  expect(reportOf(received)).toMatchObject({ refused: 0, failed: 0 });
  const directory = `${installation.path}/checkresults`;
  const names = (await readdir(directory)).filter((name) => /^c[^.]*$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(`${directory}/${name}`, "utf8")));
  const record = /^(host_name=.*(?:\nservice_description=.*)?)[^]*?\n(start_time=.*)$/gm;
  const told = [...texts.join("").matchAll(record)];
  expect(new Set(told.map(([, object]) => object)).size).toBe(results);
  expect(new Set(told.map(([, object, time]) => `${object} ${time}`)).size).toBe(told.length);
}

describe.each(links)("a receiver behind %s", (link) => {
  const left = link === "http" ? null : missingFor("sshd");

  test.skipIf(left !== null)(
    "that is killed between the store and the receipt gets the bundle again, and has it once",
    async () => {
      await using at = await openGround(link);
      await writeFile(at.sign, "");
      await at.daemon.start();
      const sent = await at.installation.send();
      expect(sent.status, sent.stderr).toBe(75);
      expect(existsSync(at.sign), "it died").toBe(false);
      expect(await at.counts()).toEqual({ atSite: 2, atCentre: 1 });
      await at.daemon.start();
      await expectOnce(at);
    },
  );

  test.skipIf(left !== null || noDisk !== null)(
    "whose disk is full, or fills up while it writes, is tried again and shows nothing half",
    async () => {
      await using stack = new AsyncDisposableStack();
      const at = stack.use(await openGround(link));
      const disk = stack.use(await mountSmallDisk(at.receiverSpool, 64 * 1024));
      await at.daemon.start();
      stack.defer(() => at.daemon.stop());
      // Of 16 pages one is over the share that has to be free, and too little for a bundle.
      for (const pages of [0, 1]) {
        await leaveFree(disk.path, pages);
        const sent = await at.installation.send();
        expect(sent.status, sent.stderr).toBe(75);
        expect(sent.stderr).toContain("receiver-busy");
        // The second run has added its delta.
        expect(await at.counts()).toMatchObject({ atSite: 2 + pages, atCentre: 0 });
      }
      await rm(`${disk.path}/filler`);
      await disk.grow();
      await expectOnce(at);
    },
  );
});

const pageBytes = 4096;

async function leaveFree(directory: string, pages: number): Promise<void> {
  await rm(`${directory}/filler`, { force: true });
  const { bavail } = await statfs(directory);
  await writeFile(`${directory}/filler`, Buffer.alloc((bavail - pages) * pageBytes));
}
