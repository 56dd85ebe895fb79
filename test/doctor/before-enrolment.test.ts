// A site that sends before it is enrolled: it shows, and what it sent isn't lost.

import { readFile, writeFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { type Run, siteferry } from "../command-line.ts";
import { install } from "../installation.ts";

test("what a site sent before it was enrolled is shown, and comes in by what enrol says", async () => {
  await using installation = await install({ livestatus: "unix:/nowhere" });
  const { path, senderYaml, receiverYaml } = installation;
  const { source } = makeFakeSite({ hosts: 2, servicesPerHost: 2, seed: 2, clock: Date });
  const site = await serve(parseAddress(`unix:${path}/live`), source, { flavour: "naemon" });
  const edit = async (file: string, from: RegExp, to: string): Promise<void> =>
    await writeFile(file, (await readFile(file, "utf8")).replace(from, to));
  await edit(senderYaml, /unix:\/nowhere/, `unix:${path}/live`);
  await edit(receiverYaml, / {2}remote1: .*/, "  other: {}");
  await writeFile(`${path}/allowed_signers`, "");
  const atCentre = async (...words: readonly string[]): Promise<Run> =>
    await siteferry([...words, "--config", receiverYaml]);

  // A configuration, a keyframe, and two deltas.
  for (const status of [76, 76, 76]) {
    expect((await installation.send()).status).toBe(0);
    expect((await installation.receive()).status).toBe(status);
  }
  const line = "Refused: 4 files of no site that is configured: siteferry quarantine list";
  expect((await atCentre("status")).stdout.trimEnd().split("\n").at(-1)).toBe(line);

  const key = await readFile(`${path}/remote1.key.pub`, "utf8");
  const enrolled = await atCentre("enrol", "remote1", key.trim());
  const releases = enrolled.stdout.match(/siteferry quarantine release \S+/g) ?? [];
  // Of the deltas the newest.
  expect(releases, enrolled.stdout).toHaveLength(3);
  for (const release of releases) {
    expect((await atCentre(...release.split(" ").slice(1))).status).toBe(0);
  }
  const { log } = await installation.receive();
  expect(log.at(-1)).toMatchObject({ accepted: 3, refused: 0 });
  const { stdout } = await atCentre("status");
  expect(stdout).toMatch(/^remote1 .* 0 of 2 /m);
  // What is left is the site's now.
  expect(stdout).not.toContain("no site that is configured");
  await site.close();
});
