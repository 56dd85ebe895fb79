// `siteferry receive --stdin` as sshd starts it: real processes of one site at once.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import { limits } from "@siteferry/model";
import { waitForLock } from "@siteferry/spool";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { install, type Installation, readyForReceipts } from "../installation.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));

/** A process at the centre, with its standard input still open. */
function start({ receiverYaml }: Installation) {
  const words = [bin, "receive", "--stdin", "remote1", "--config", receiverYaml];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {});
  const said: Buffer[] = [];
  for (const output of [child.stdout, child.stderr]) {
    output.on("data", (data: Buffer) => said.push(data));
  }
  const ended = once(child, "close").then(([status]) => ({
    status: status as number | null,
    said: Buffer.concat(said).toString(),
  }));
  return { stdin: child.stdin, ended };
}

const byNumber = (a: number | null, b: number | null): number => Number(a) - Number(b);

async function isHeld(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const lock = await waitForLock(path, 0);
  await lock?.release();
  return lock === null;
}

test("a third process, and the hundred-and-first bundle, are told to come again", async () => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await makeTemporaryDirectory("stdin"));
  const livestatus = `unix:${path}/live`;
  const pretended = { hosts: 2, servicesPerHost: 3, seed: 1, clock: Date };
  const core = await serve(parseAddress(livestatus), makeFakeSite(pretended).source, {});
  stack.defer(() => core.close());
  const installation = stack.use(await install({ livestatus }));
  await readyForReceipts(installation);
  expect((await installation.send()).status).toBe(0);
  const [config, keyframe] = await Promise.all(
    (await readdir(installation.link))
      .sort()
      .map((name) => readFile(`${installation.link}/${name}`)),
  );

  const stuck = [start(installation), start(installation)];
  const arrivals = `${installation.path}/spool/receiver/arrivals`;
  for (const number of [1, 2]) {
    const slot = `${installation.path}/spool/receiver/slots/site-remote1.${number}`;
    await expect.poll(() => isHeld(slot), { timeout: 60_000 }).toBe(true);
  }
  const third = await start(installation).ended;
  expect(third).toMatchObject({ status: 75, said: expect.stringContaining("remote1") });

  await mkdir(arrivals, { recursive: true });
  for (let number = 1; number < limits.arrivalsPerSiteMax; number++) {
    const hash = String(number).padStart(32, "0");
    await writeFile(`${arrivals}/remote1-000000000001-000000000001.delta.${hash}.ferry`, "");
  }
  stuck[0]!.stdin.end(config);
  stuck[1]!.stdin.end(keyframe);
  const both = await Promise.all(stuck.map(({ ended }) => ended));
  expect(both.map(({ status }) => status).toSorted(byNumber), JSON.stringify(both)).toEqual([
    0, 75,
  ]);
  expect(await readdir(arrivals)).toHaveLength(limits.arrivalsPerSiteMax);
});
