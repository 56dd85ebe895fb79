// `siteferry check --sender` at the site, on a sender that really ran.

import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { nodeFiles, readState, replaceState } from "@siteferry/spool";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { type Run, siteferry } from "../command-line.ts";
import { install } from "../installation.ts";

test("a sender is well, silent, stuck at its link, or nobody can tell", async () => {
  await using directory = await makeTemporaryDirectory("check");
  const livestatus = `unix:${directory.path}/live`;
  const fake = makeFakeSite({ hosts: 2, servicesPerHost: 1, seed: 1, clock: Date });
  const site = await serve(parseAddress(livestatus), fake.source, {});
  await using installation = await install({ livestatus });
  const { senderYaml, link, path } = installation;
  const check = (...words: string[]): Promise<Run> =>
    siteferry(["check", "--sender", "--config", senderYaml, ...words]);

  expect(await check()).toMatchObject({
    status: 3,
    stdout: expect.stringMatching(/^SITEFERRY UNKNOWN - remote1: nothing was ever sealed here/),
  });
  expect((await installation.send()).status).toBe(0);
  expect(await check()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      /^SITEFERRY OK - remote1: last bundle sealed \d+ s ago, nothing waits \| age=\d+s;120;240;0 waiting=0;;;0 oldest=0s;;;0 failing=0;;;0\n$/,
    ),
  });

  // A link that isn't there any more.
  await rm(link, { recursive: true });
  expect((await installation.send()).status).toBe(75);
  const stuck = await check();
  expect(stuck).toMatchObject({ status: 1 });
  expect(stuck.stdout).toMatch(/^SITEFERRY WARNING - remote1: drop:\S+ fails for \d+ s \|/);
  expect(stuck.stdout).toMatch(/\ndrop:\S+: 1 failure, system-error: /);

  // A core that isn't there any more, since ten minutes.
  await site.close();
  expect((await installation.send()).status).toBe(75);
  const state = `${path}/spool/sender/state`;
  const last = JSON.parse(
    Buffer.from((await readState(nodeFiles, state, "last-run"))!.content).toString(),
  );
  const before = JSON.stringify({ ...last, sealedMs: Date.now() - 10 * 60_000 });
  const random = { bytes: randomBytes };
  await replaceState(nodeFiles, random, state, "last-run", Buffer.from(before));
  expect(await check()).toMatchObject({ status: 2 });
  const { stdout } = await check();
  expect(stdout).toContain("nothing sealed for 10 min (livestatus-unreachable)");
  expect(stdout).toMatch(/\nthe last run failed: livestatus-unreachable: /);
  expect(await check("-w", "20", "--critical", "40")).toMatchObject({ status: 1 });

  for (const words of [["remote1"], ["--all"], ["-w", "x"], ["--critical", "0"]]) {
    const wrong = await check(...words);
    expect(wrong.status, wrong.stdout).toBe(3);
    expect(wrong.stdout).toMatch(/^SITEFERRY UNKNOWN - /);
  }
  await writeFile(senderYaml, "site: [\n");
  expect(await check()).toMatchObject({
    status: 3,
    stdout: expect.stringMatching(/^SITEFERRY UNKNOWN - .*sender\.yaml:/),
  });
});
