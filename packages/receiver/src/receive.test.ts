import { readdir, rm, writeFile } from "node:fs/promises";
import { formatBundleName, type Progress } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { makeCentre, remote1 as site } from "./test-centre.ts";

test("R14 a bundle that a transport delivers again, after newer ones, is no replay", async () => {
  await using centre = await makeCentre();
  await centre.put("config", 1);
  await centre.put("keyframe", 2);
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 0 });
  await centre.put("config", 1);
  expect(await centre.receive()).toMatchObject({ duplicates: 1, refused: 0 });
});

test("a link may rename files: the numbers in their headers are their order", async () => {
  await using centre = await makeCentre();
  for (let sequence = 1; sequence <= 6; sequence++) {
    await centre.put("keyframe", sequence, `${sequence}.ferry`);
  }
  expect(await centre.receive()).toMatchObject({ accepted: 6, refused: 0 });
});

test("what crashes left in a site's directory goes with the next bundle", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 2);
  await centre.receive();
  const directory = `${centre.path}/receiver/sites/remote1`;
  const old = formatBundleName({ site, epoch: 1, sequence: 1, kind: "keyframe" });
  for (const name of [old, ".record.0011223344556677.tmp"]) {
    await writeFile(`${directory}/${name}`, "left by a crash");
  }
  await centre.put("keyframe", 3);
  await centre.receive();
  const kept = formatBundleName({ site, epoch: 1, sequence: 3, kind: "keyframe" });
  expect((await readdir(directory)).sort()).toEqual(["hosts", "record", "record.previous", kept]);
});

test("results are looked after until the core has read them, though nothing new is known", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1);
  const settled = async (): Promise<boolean> => {
    await centre.receive();
    const [target = ""] = await readdir(`${centre.path}/receiver/state`);
    return (await readdir(`${centre.path}/receiver/state/${target}`)).includes("remote1.settled");
  };
  expect(await settled()).toBe(false);
  expect(await settled()).toBe(false);
  for (const name of await readdir(`${centre.path}/results`)) {
    await rm(`${centre.path}/results/${name}`);
  }
  expect(await settled()).toBe(true);
});

test("a quarantine that can't be written to holds up its file, not the bundles behind it", async () => {
  await using centre = await makeCentre();
  await writeFile(`${centre.path}/link/a.ferry`, "no bundle");
  await centre.put("keyframe", 1, "z.ferry");
  const files = {
    ...nodeFiles,
    async rename(from: string, to: string) {
      if (to.includes("/quarantine/")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.rename(from, to);
    },
  };
  expect(await centre.receive(files)).toMatchObject({ accepted: 1, failed: 1, results: 1 });
  expect(await centre.receive()).toMatchObject({ refused: 1, failed: 0 });
});

test("who waits is told what a run is at: each link, bundle and site, and how much there is", async () => {
  const said: string[] = [];
  let added = 0;
  const progress: Progress = {
    begin: (doing, total = 0, done = 0) => void said.push(`${doing} ${done}/${total}`),
    add: (count) => void (added += count),
  };
  await using centre = await makeCentre(undefined, undefined, undefined, { progress });
  await centre.put("config", 1);
  await centre.put("keyframe", 2);
  await centre.receive();
  const [config, keyframe] = (["config", "keyframe"] as const).map((kind, index) =>
    formatBundleName({ site, epoch: 1, sequence: index + 1, kind }),
  );
  const expected = [
    `Taking in through drop:${centre.path}/link 0/0`,
    `Opening ${config} 1/2`,
    `Opening ${keyframe} 2/2`,
    `Check results of remote1 0/1`,
  ];
  expect(said.filter((one) => expected.includes(one))).toEqual(expected);
  // Two files, and a result.
  expect(added).toBe(3);
});
