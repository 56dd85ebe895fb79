// Standard error and standard output that take nothing, as on a disk that is full: a log that can't be written
// ends no run, and output that nobody got is no success. /dev/full is the disk, and a small one that grows.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type LivestatusServer, parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite } from "@siteferry/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Installation, install } from "../installation.ts";
import { mountSmallDisk, whyNoMounts } from "./mounts.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const patience = { timeout: 60_000 };

interface Outputs {
  readonly stdout?: string;
  readonly stderr?: string;
}

/** Starts it with its outputs in these files. */
async function start(
  words: readonly string[],
  { stdout = "/dev/null", stderr }: Outputs,
): Promise<ChildProcess> {
  await using out = await open(stdout, "a");
  await using log = stderr === undefined ? null : await open(stderr, "a");
  return spawn(process.execPath, [bin, ...words], { stdio: ["ignore", out.fd, log?.fd ?? "pipe"] });
}

/** The exit status, and what stands on standard error if it goes nowhere else. */
async function run(
  words: readonly string[],
  outputs: Outputs,
): Promise<{ status: unknown; said: string }> {
  const child = await start(words, outputs);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [status] = await once(child, "close");
  return { status, said };
}

let installation: Installation;
let site: LivestatusServer;
let sender: readonly string[];
let receiver: readonly string[];

beforeEach(async () => {
  installation = await install({ livestatus: "unix:/nowhere" });
  const { path, senderYaml, receiverYaml } = installation;
  const { source } = makeFakeSite({ hosts: 3, servicesPerHost: 4, seed: 2, clock: Date });
  site = await serve(parseAddress(`unix:${path}/live`), source, { flavour: "naemon" });
  for (const yaml of [senderYaml, receiverYaml]) {
    const text = (await readFile(yaml, "utf8")).replace("unix:/nowhere", `unix:${path}/live`);
    await writeFile(yaml, `${text}schedule: "* * * * * *"\n`);
  }
  sender = ["--config", senderYaml];
  receiver = ["--config", receiverYaml];
});

afterEach(async () => {
  await site.close();
  await installation[Symbol.asyncDispose]();
});

async function hasArrived(kind = ""): Promise<boolean> {
  const all = await readdir(`${installation.path}/spool/receiver/sites/remote1`).catch(() => []);
  return all.some((name) => name.endsWith(`${kind}.ferry`));
}

test("runs that can't log do their work, and end with what became of it", async () => {
  const full = { stderr: "/dev/full" };
  expect((await run(["send", "--once", ...sender], full)).status).toBe(0);
  expect((await run(["receive", "--once", ...receiver], full)).status).toBe(0);
  expect(await hasArrived()).toBe(true);
  const wrong = ["receive", "--config", "/nowhere/receiver.yaml"];
  expect((await run(wrong, full)).status).toBe(78);
});

test("daemons that can't log go on, until they are told to stop", async () => {
  const agents = [
    await start(["receive", ...receiver], { stderr: "/dev/full" }),
    await start(["send", ...sender], { stderr: "/dev/full" }),
  ];
  const ends = agents.map(async (agent) => (await once(agent, "exit")) as unknown[]);
  await expect.poll(() => hasArrived(), patience).toBe(true);
  for (const agent of agents) agent.kill("SIGTERM");
  expect(await Promise.all(ends)).toEqual([
    [0, null],
    [0, null],
  ]);
});

test.each([
  [["explain"], 75],
  [["status"], 75],
  [["config", "render"], 75],
  [["doctor", "receiver"], 75],
  [["check", "--all"], 3],
] as const)(
  "what can't be printed is said, and no success: %s",
  async ([verb, ...more], status) => {
    const words = [verb, ...more, ...(verb === "explain" ? [] : receiver)];
    const ended = await run(words, { stdout: "/dev/full" });
    expect(ended).toEqual({ status, said: expect.stringMatching(/^siteferry: standard output: /) });
    expect(ended.said).toContain("no space left on device");
    expect(ended.said).not.toContain("    at ");
  },
);

test.each([
  ["siteferry", 75],
  ["livedump", 1],
])("nor is half a dump, by %s", async (name, status) => {
  const words = ["dump", "-s", `unix:${installation.path}/live`].slice(name === "livedump" ? 1 : 0);
  const child = spawn("sh", ["-c", 'exec "$0" "$@" > /dev/full', process.execPath, bin, ...words], {
    env: { ...process.env, SITEFERRY_CALLED: name },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  expect(await once(child, "close")).toEqual([status, null]);
  expect(said).toMatch(/standard output: .*no space left on device/);
});

describe.skipIf((await whyNoMounts("small disk")) !== null)("a log on a disk that fills up", () => {
  test("goes on when there is room, and says how many lines are missing", async () => {
    await using disk = await mountSmallDisk(`${installation.path}/log`, 4096);
    const stderr = `${disk.path}/receiver.log`;
    await writeFile(stderr, `${"x".repeat(4095)}\n`);
    const daemon = await start(["receive", ...receiver], { stderr });
    const ended = once(daemon, "exit");
    try {
      // When the second has come, the run that took in the first has had something to say.
      for (const kind of ["keyframe", "delta"]) {
        expect((await run(["send", "--once", ...sender], {})).status).toBe(0);
        await expect.poll(() => hasArrived(kind), patience).toBe(true);
      }
      await disk.grow();
      const log = async (): Promise<string> => await readFile(stderr, "utf8");
      await expect.poll(log, patience).toMatch(/"lost":\d+,"msg":"Lines of this log that couldn't/);
    } finally {
      daemon.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    }
  });
});
