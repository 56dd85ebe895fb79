import { readdir, readFile, rm } from "node:fs/promises";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { makeCentre, nowMs, remote2 } from "./test-centre.ts";

const minute = 60_000;

/** A receiver that runs at minutes of a test, beside a core that reads what it is handed. */
async function openGround(site: object) {
  const centre = await makeCentre({ remote1: site, remote2: site });
  return {
    centre,
    /** The results of a run, in brief: host, time of the check, state, output. */
    async runAt(minutes: number, files = nodeFiles): Promise<readonly string[]> {
      await centre.receive(files, { now: () => nowMs + minutes * minute });
      const found: string[] = [];
      for (const name of await readdir(`${centre.path}/results`)) {
        const text = await readFile(`${centre.path}/results/${name}`, "utf8");
        for (const record of text.split("\n\n")) {
          const [, host = "", start = "", state = "", output = ""] =
            /host_name=(.*)[^]*start_time=(\d+)[^]*return_code=(\d)\noutput=(.*)/.exec(record) ??
            [];
          if (host !== "") found.push(`${host}@${Number(start) - nowMs / 1000} ${state} ${output}`);
        }
        await rm(`${centre.path}/results/${name}`);
      }
      return found.sort();
    },
    [Symbol.asyncDispose]: () => centre[Symbol.asyncDispose](),
  };
}

const words = String.raw`no data from remote1 since 2026-11-01T00:00:00Z\nBefore that: UP`;

test("a silent site's hosts are unreachable once, at the time of their check, until the next bundle", async () => {
  await using ground = await openGround({ whenSilent: "all" });
  const base = await ground.centre.put("keyframe", 1, { hosts: { web: -9, db: -3600 } });
  expect(await ground.runAt(0)).toEqual(["db@-3600 0 UP", "web@-9 0 UP"]);
  expect(await ground.runAt(4)).toEqual([]);
  // Seen for the first time: the centre may have been away itself.
  expect(await ground.runAt(4.1)).toEqual([]);
  expect(await ground.runAt(5)).toEqual([]);
  expect(await ground.runAt(5.2)).toEqual([`db@-3600 2 ${words}`, `web@-9 2 ${words}`]);
  expect(await ground.runAt(6)).toEqual([]);
  expect(await ground.runAt(600)).toEqual([]);
  await ground.centre.put("delta", 2, { base, hosts: { web: 36_000, db: -3600 } });
  expect(await ground.runAt(601)).toEqual(["db@-3600 0 UP", "web@36000 0 UP"]);
  expect(await ground.runAt(602)).toEqual([]);
});

test("a centre that was away itself waits until the sites had time to speak", async () => {
  await using ground = await openGround({ whenSilent: "all" });
  const base = await ground.centre.put("keyframe", 1);
  for (const minutes of [0, 1]) await ground.runAt(minutes);
  expect(await ground.runAt(90)).toEqual([]);
  await ground.centre.put("delta", 2, { base, hosts: { web: 5400 } });
  expect(await ground.runAt(90.5)).toEqual(["web@5400 0 UP"]);
  expect(await ground.runAt(95)).toEqual([]);
  // It isn't known any more that it was seen silent once.
  expect(await ground.runAt(95.9)).toEqual([]);
  expect(await ground.runAt(96)).toEqual([expect.stringMatching(/^web@5400 2 /)]);
});

test.each(["keep", "services"])("with %s the hosts stay as they were", async (whenSilent) => {
  await using ground = await openGround({ whenSilent });
  await ground.centre.put("keyframe", 1);
  await ground.runAt(0);
  for (const minutes of [10, 20, 9000]) expect(await ground.runAt(minutes)).toEqual([]);
});

test("without room to remember who is silent, those who were stay so", async () => {
  await using ground = await openGround({ whenSilent: "all" });
  await ground.centre.put("keyframe", 1);
  await ground.runAt(0);
  await ground.runAt(10);
  await ground.centre.put("keyframe", 1, { site: remote2, hosts: { other: 0 } });
  expect(await ground.runAt(12)).toEqual(["other@0 0 UP", `web@0 2 ${words}`]);
  const full = {
    ...nodeFiles,
    async rename(from: string, to: string) {
      if (to.endsWith("/state/silent")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.rename(from, to);
    },
  };
  for (const minutes of [17, 19]) expect(await ground.runAt(minutes, full)).toEqual([]);
  await ground.runAt(20);
  expect(await ground.runAt(21)).toEqual([expect.stringMatching(/^other@0 2 /)]);
});
