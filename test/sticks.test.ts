// A stick that somebody carries: export at the site, import at the centre.

import { execFile } from "node:child_process";
import { chown, readdir, readFile, writeFile, symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { limits } from "@siteferry/model";
import { type LivestatusServer, parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory, type TemporaryDirectory } from "@siteferry/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Run, siteferry } from "./command-line.ts";
import { missingFor } from "@siteferry/testkit/cores";
import { mountStick, whyNoMounts } from "./faults/mounts.ts";
import { install, type Installation, reportOf } from "./installation.ts";

const run = promisify(execFile);
const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
let directory: TemporaryDirectory;
let site: LivestatusServer;

beforeAll(async () => {
  directory = await makeTemporaryDirectory("sticks");
  const clock = { now: () => Date.now() };
  const { source } = makeFakeSite({ hosts: 5, servicesPerHost: 4, seed: 7, clock });
  site = await serve(parseAddress(`unix:${directory.path}/live`), source, { flavour: "naemon" });
});

afterAll(async () => {
  await site.close();
  await directory.remove();
});

const put = (installation: Installation, ...more: readonly string[]): Promise<Run> =>
  siteferry(["export", directory.path, "--config", installation.senderYaml, ...more]);
const take = (installation: Installation, ...more: readonly string[]): Promise<Run> =>
  siteferry(["import", directory.path, "--config", installation.receiverYaml, ...more]);

test("a stick brings the whole site, whatever went other ways; a second import changes nothing", async () => {
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  // The link is silent: what it has got since would be of no use to the stick's reader.
  await installation.send();
  const written = await put(installation);
  expect(written.stdout).toContain("Wrote 2 of 2 bundles of remote1 for central.");
  const names = (await readdir(directory.path)).filter((name) => name.endsWith(".ferry"));
  expect(names.map((name) => name.split(".")[1]).toSorted((a, b) => (a! < b! ? -1 : 1))).toEqual([
    "config",
    "keyframe",
  ]);

  expect((await take(installation)).stdout).toContain("Took 2 bundles, refused 0");
  expect(reportOf(await installation.receive())).toMatchObject({ accepted: 4, refused: 0 });
  expect((await take(installation)).status).toBe(0);
  expect(reportOf(await installation.receive())).toMatchObject({ accepted: 0, duplicates: 2 });
  // The stick is the operator's: nothing was removed.
  expect((await readdir(directory.path)).filter((name) => name.endsWith(".ferry"))).toEqual(names);

  const [name = ""] = names;
  await writeFile(
    `${directory.path}/${name}`,
    (await readFile(`${directory.path}/${name}`)).fill(0, 900, 910),
  );
  const refused = await take(installation, "--json");
  expect(refused.status).toBe(76);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    taken: [expect.stringContaining("keyframe")],
    refused: [{ name, code: "payload-damaged" }],
    failed: [],
  });
});

test("a stick for which there is no room at the door: it is said how much is left, and to come again", async () => {
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  await using stick = await makeTemporaryDirectory("stick");
  const to = ["--config", installation.receiverYaml];
  await siteferry(["export", stick.path, "--config", installation.senderYaml]);
  await installation.receive();
  const arrivals = `${installation.path}/spool/receiver/arrivals`;
  for (let number = 1; number <= limits.arrivalsPerSiteMax; number++) {
    const twelve = String(number).padStart(12, "0");
    const hash = String(number).padStart(32, "0");
    await writeFile(`${arrivals}/remote1-000000000001-${twelve}.delta.${hash}.ferry`, "");
  }
  const told = await siteferry(["import", stick.path, ...to]);
  expect([told.status, told.stdout]).toEqual([
    75,
    expect.stringContaining("no room for 2: import again"),
  ]);
  const asJson = await siteferry(["import", stick.path, "--json", ...to]);
  expect([asJson.status, JSON.parse(asJson.stdout)]).toEqual([
    75,
    { taken: [], refused: [], failed: [], overtaken: 0, left: 2 },
  ]);
});

test("import as another user than the receiver's is refused: its files couldn't be read", async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) return skip("only root can give the spool to somebody else");
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  await installation.receive();
  await chown(`${installation.path}/spool/receiver`, 1, 1);
  const refused = await take(installation);
  expect([refused.status, refused.stderr]).toEqual([
    78,
    expect.stringContaining("belongs to the user daemon"),
  ]);
});

test("a stick that isn't there is said so, and the other links go on", async () => {
  await using installation = await install({ livestatus: `unix:${directory.path}/live` });
  const none = `${installation.path}/none`;
  const missed = await siteferry(["export", none, "--config", installation.senderYaml]);
  expect(missed.status).toBe(75);
  expect(missed.stderr).toContain(none);
  expect(await readdir(installation.link)).toHaveLength(2);
  const asked = await siteferry(["import", none, "--config", installation.receiverYaml]);
  expect([asked.status, asked.stderr]).toEqual([78, expect.stringContaining("doesn't exist")]);
  await symlink(installation.link, none);
  const taken = await siteferry(["import", none, "--config", installation.receiverYaml]);
  expect([taken.status, taken.stdout]).toEqual([0, expect.stringContaining("Took 2 bundles")]);
});

const noStick = await whyNoMounts("stick");

test.skipIf(noStick !== null)(
  "a stick with exFAT, which has no links: only the newest export lies on it",
  async () => {
    await using installation = await install({ livestatus: `unix:${directory.path}/live` });
    const at = installation.path;
    await using stick = await mountStick(`${at}/image`, `${at}/stick`);
    for (let time = 0; time < 2; time++) {
      const written = await siteferry(["export", stick.path, "--config", installation.senderYaml]);
      expect([written.status, written.stderr]).toEqual([0, ""]);
    }
    expect(await readdir(stick.path)).toHaveLength(2);
    const taken = await siteferry(["import", stick.path, "--config", installation.receiverYaml]);
    expect(taken.stdout).toContain("Took 2 bundles");
  },
);

test.skipIf(missingFor("strace") !== null)(
  "a stick whose driver refuses to set modes, as that of FAT does",
  async () => {
    await using installation = await install({ livestatus: `unix:${directory.path}/live` });
    await using stick = await makeTemporaryDirectory("stick");
    const fails = [
      "-f",
      "-o",
      "/dev/null",
      "-e",
      "trace=fchmod",
      "-e",
      "inject=fchmod:error=EPERM",
    ];
    const verb = [bin, "export", stick.path, "--config", installation.senderYaml];
    const { stdout } = await run("strace", [...fails, process.execPath, ...verb]);
    expect(stdout).toContain("Wrote 2 of 2 bundles");
    expect(await readdir(stick.path)).toHaveLength(2);
  },
);
