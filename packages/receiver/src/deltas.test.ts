import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { readHeader } from "@siteferry/bundle";
import { listQuarantine, nodeFiles, releaseFromQuarantine } from "@siteferry/spool";
import { expect, test } from "vitest";
import { forget } from "./forget.ts";
import { releasedMark } from "./inbox.ts";
import { loadSiteRecord } from "./mirror.ts";
import { releaseHeld } from "./quarantine.ts";
import { type Centre, makeCentre, nowMs, remote1, remote2 } from "./test-centre.ts";

/** Hosts whose results lie in the core's spool, with the seconds of their checks after `nowMs`. */
async function results(centre: Centre): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const directory = `${centre.path}/results`;
  for (const name of (await readdir(directory)).filter((file) => !file.endsWith(".ok"))) {
    const text = await readFile(`${directory}/${name}`, "utf8");
    for (const [, host = "", time] of text.matchAll(/^host_name=(.*)$[^]*?^start_time=(\d+)/gm)) {
      found[host] = Number(time) - nowMs / 1000;
    }
    // The core has read it.
    await rename(`${directory}/${name}`, `${centre.path}/${name}`);
  }
  return found;
}

test("a delta says what changed since its keyframe, and only that is applied", async () => {
  await using centre = await makeCentre();
  const base = await centre.put("keyframe", 1, { hosts: { web: 0, db: 0, old: 0 } });
  await centre.receive();
  expect(await results(centre)).toEqual({ web: 0, db: 0, old: 0 });
  await centre.put("delta", 2, { base, hosts: { web: 60, db: 0, fresh: 60 } });
  expect(await centre.receive()).toMatchObject({ accepted: 1, results: 2 });
  expect(await results(centre)).toEqual({ web: 60, fresh: 60 });
});

test("each delta is against the keyframe: what an earlier one said is gone with it", async () => {
  await using centre = await makeCentre();
  const base = await centre.put("keyframe", 1, { hosts: { web: 0, db: 0 } });
  await centre.put("delta", 2, { base, hosts: { web: 60, db: 0 } });
  await centre.put("delta", 4, { base, hosts: { web: 60, db: 90 } });
  expect(await centre.receive()).toMatchObject({ accepted: 3, missed: 1 });
  expect(await results(centre)).toEqual({ web: 60, db: 90 });
});

test("a delta that comes before its keyframe waits for it; of several the newest", async () => {
  await using centre = await makeCentre();
  await using elsewhere = await makeCentre();
  await centre.put("keyframe", 1);
  await centre.receive();
  await results(centre);
  const base = await elsewhere.put("keyframe", 5, { hosts: { web: 10 } });
  await centre.put("delta", 6, { base, hosts: { web: 20 } });
  await centre.put("delta", 7, { base, hosts: { web: 30 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, waitingForKeyframe: 2, results: 0 });
  expect(await readdir(`${centre.path}/receiver/inbox`)).toHaveLength(1);
  const again = await centre.put("keyframe", 5, { hosts: { web: 10 } });
  expect(Buffer.compare(again.subarray(0, 264), base.subarray(0, 264))).toBe(0);
  expect(await centre.receive()).toMatchObject({ accepted: 2, waitingForKeyframe: 0 });
  expect(await results(centre)).toEqual({ web: 30 });
});

test("an acknowledged delta that waits goes only when the newer one's name is durable", async () => {
  await using centre = await makeCentre();
  const base = await centre.put("keyframe", 5, { hosts: { web: 10 } });
  await rm(`${centre.path}/link`, { recursive: true });
  await mkdir(`${centre.path}/link`);
  const inbox = `${centre.path}/receiver/inbox`;
  let calls: string[] = [];
  const files = {
    ...nodeFiles,
    async syncDirectory(path: string) {
      if (path === inbox) calls.push("sync");
      await nodeFiles.syncDirectory(path);
    },
    async unlink(path: string) {
      if (path.startsWith(`${inbox}/`)) calls.push("unlink");
      await nodeFiles.unlink(path);
    },
    // What is opened was taken in before.
    async read(...asked: Parameters<typeof nodeFiles.read>) {
      if (asked[0].endsWith("~1")) calls = [];
      return await nodeFiles.read(...asked);
    },
  };
  await centre.put("delta", 6, { base, hosts: { web: 20 } });
  await centre.put("delta", 7, { base, hosts: { web: 30 } });
  await centre.receive(files);
  expect(calls).toEqual(["sync", "unlink"]);
});

test("a keyframe that comes again for safety, long after, is a duplicate", async () => {
  await using centre = await makeCentre();
  const base = await centre.put("keyframe", 1);
  for (let sequence = 2; sequence < 40; sequence++) {
    await centre.put("delta", sequence, { base, hosts: { web: sequence } });
  }
  expect(await centre.receive()).toMatchObject({ accepted: 39 });
  await centre.put("keyframe", 1);
  expect(await centre.receive()).toMatchObject({ duplicates: 1, late: 0, refused: 0 });
});

test("R20 R21 a delta on another base is refused, whatever it says", async () => {
  await using centre = await makeCentre();
  const first = await centre.put("keyframe", 1, { hosts: { web: 0 } });
  const second = await centre.put("keyframe", 2, { hosts: { web: 5 } });
  await centre.put("delta", 3, { base: first, hosts: { web: 60 } });
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 1 });
  const clone = await centre.put("keyframe", 2, { hosts: { web: 9 }, name: "kept back" });
  await centre.put("delta", 3, { base: clone, hosts: { web: 90 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
  await centre.put("delta", 4, { base: second, hosts: { web: 60 } });
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 0 });
});

test("R13 a delta that is late is dropped and counted, a configuration that is waited for isn't", async () => {
  await using centre = await makeCentre();
  const newer = { web: 0, fresh: 0 };
  const base = await centre.put("keyframe", 5, { configuration: newer });
  await centre.put("delta", 7, { base, hosts: { web: 70 } });
  expect(await centre.receive()).toMatchObject({ accepted: 2 });
  await centre.put("delta", 6, { base, hosts: { web: 60 } });
  await centre.put("config", 3);
  await centre.put("config", 4, { configuration: newer });
  expect(await centre.receive()).toMatchObject({ accepted: 1, late: 2, refused: 0 });
  expect(await results(centre)).toEqual({ web: 70 });
});

test("a late configuration never takes back a newer one that came before its keyframe", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 2);
  await centre.put("config", 5, { configuration: { web: 0, fresh: 0 } });
  expect(await centre.receive()).toMatchObject({ accepted: 2 });
  await centre.put("config", 1);
  expect(await centre.receive()).toMatchObject({ accepted: 0, late: 1 });
});

test("R40 a host that is one site's is refused from another one, also in a delta", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1, { hosts: { web: 0 } });
  expect(await centre.receive()).toMatchObject({ accepted: 1 });
  await centre.put("keyframe", 1, { site: remote2, hosts: { web: 50 } });
  const base = await centre.put("keyframe", 2, { site: remote2, hosts: { db: 0 } });
  await centre.put("delta", 3, { site: remote2, base, hosts: { db: 0, web: 60 } });
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 2 });
  expect(await results(centre)).toEqual({ web: 0, db: 0 });
});

test("R40 a foreign host refuses its bundle, or is left out of it, as the centre wishes", async () => {
  const hosts = { web: 0, canary: 0 };
  await using strict = await makeCentre({ remote1: { owns: ["w*"] } });
  await strict.put("keyframe", 1, { hosts });
  expect(await strict.receive()).toMatchObject({ accepted: 0, refused: 1, results: 0 });
  await using lenient = await makeCentre({ remote1: { owns: ["w*"], foreignHosts: "leave-out" } });
  await lenient.put("keyframe", 1, { hosts });
  expect(await lenient.receive()).toMatchObject({ accepted: 1, refused: 0 });
  expect(await results(lenient)).toEqual({ web: 0 });
});

test("R40 a host of the centre's own is refused from every site, by the name that it has at the centre", async () => {
  const sites = { remote1: { prefix: "r1-" }, remote2: {} };
  await using centre = await makeCentre(sites, new Set(), ["web", "core-*"]);
  await centre.put("keyframe", 1);
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 0 });
  await centre.put("keyframe", 1, { site: remote2 });
  await centre.put("keyframe", 2, { site: remote2, hosts: { db: 0, "core-1": 0 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 2 });
});

test("R40 the host that says how each site is can be no site's", async () => {
  const sites = { remote1: { prefix: "r1-" }, remote2: {} };
  const health = { host: "web" };
  await using centre = await makeCentre(sites, new Set(), [], { health });
  await centre.put("keyframe", 1);
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 0 });
  await centre.put("keyframe", 1, { site: remote2 });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
});

test("a host that a site gave up may be another one's; prefixes keep equal names apart", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1, { hosts: { web: 0 } });
  await centre.receive();
  await centre.put("keyframe", 2, { hosts: { db: 0 } });
  await centre.receive();
  await centre.put("keyframe", 1, { site: remote2, hosts: { web: 50 } });
  expect(await centre.receive()).toMatchObject({ accepted: 1 });
  await using prefixed = await makeCentre({ remote1: {}, remote2: { prefix: "r2-" } });
  await prefixed.put("keyframe", 1);
  await prefixed.put("keyframe", 1, { site: remote2 });
  expect(await prefixed.receive()).toMatchObject({ accepted: 2 });
  expect(await results(prefixed)).toEqual({ web: 0, "r2-web": 0 });
});

test("R17 an epoch before the known one is refused, until the operator forgets the numbers", async () => {
  await using centre = await makeCentre();
  const old = await centre.put("keyframe", 9, { epoch: 1000, hosts: { web: 10 } });
  await centre.put("keyframe", 10, { epoch: 1000, hosts: { web: 20 } });
  expect(await centre.receive()).toMatchObject({ accepted: 2 });
  expect(await results(centre)).toEqual({ web: 20 });
  const base = await centre.put("keyframe", 1, { epoch: 500, hosts: { web: 30 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });

  // What was refused for its epoch is judged again with what comes now.
  await forget(nodeFiles, { spool: centre.path }, remote1);
  await centre.put("delta", 2, { epoch: 500, base, hosts: { web: 50 } });
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 0 });
  expect(await results(centre)).toEqual({ web: 50 });
  // Once only: the next older epoch is refused again, and what was taken in before the word still is known.
  await centre.put("keyframe", 1, { epoch: 400 });
  await writeFile(`${centre.path}/link/old.ferry`, old);
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1, duplicates: 1 });
});

test("R17 what still travels of a future epoch that was forgotten never comes back", async () => {
  const ahead = nowMs / 1000 + 300;
  await using centre = await makeCentre();
  await centre.put("keyframe", 1, { epoch: ahead });
  expect(await centre.receive()).toMatchObject({ accepted: 1 });
  await forget(nodeFiles, { spool: centre.path }, remote1);
  // A delta that overtakes the keyframe of its new epoch waits for it.
  const base = await centre.put("keyframe", 1, { epoch: 500, name: "late", hosts: { web: 30 } });
  await rename(`${centre.path}/link/late`, `${centre.path}/late`);
  await centre.put("delta", 2, { epoch: 500, base, hosts: { web: 50 } });
  expect(await centre.receive()).toMatchObject({ waitingForKeyframe: 1, refused: 0 });
  await rename(`${centre.path}/late`, `${centre.path}/link/late.ferry`);
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 0 });
  await centre.put("keyframe", 2, { epoch: ahead, hosts: { web: 10 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
});

test("R54 a configuration without many hosts is held until it is said again, or released", async () => {
  const hosts = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`host-${index}`, 0]));
  await using centre = await makeCentre();
  await centre.put("config", 1, { configuration: hosts(60) });
  await centre.put("config", 2, { configuration: hosts(54) });
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 0 });
  await centre.put("config", 3, { configuration: hosts(48) });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
  // The same bundle again says nothing new; a later one with the same content does.
  await centre.put("config", 3, { configuration: hosts(48) });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
  await centre.put("config", 4, { configuration: hosts(48) });
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 0 });

  await centre.put("config", 5, { configuration: hosts(1) });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1 });
  const refused = await listQuarantine(nodeFiles, `${centre.path}/receiver/quarantine`);
  const held = refused.find(({ note }) => note.name.includes("-000000000005."))!;
  expect(held.note).toMatchObject({ code: "mass-removal", number: "R54" });
  await releaseFromQuarantine(
    nodeFiles,
    held,
    `${centre.path}/receiver/inbox/${held.note.name}@@0${releasedMark}`,
  );
  expect(await centre.receive()).toMatchObject({ accepted: 1, refused: 0 });
});

test("a held configuration is let in after newer keyframes, also of another one that never came", async () => {
  const hosts = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`host-${index}`, 0]));
  const kept = async (): Promise<unknown> => {
    const record = await loadSiteRecord(nodeFiles, `${centre.path}/receiver`, remote1);
    return [record?.config?.sequence, record?.held?.sequence];
  };
  await using centre = await makeCentre();
  await centre.put("config", 1, { configuration: hosts });
  await centre.put("keyframe", 2, { configuration: hosts });
  await centre.put("config", 3);
  await centre.put("keyframe", 4);
  await centre.put("keyframe", 5);
  expect(await centre.receive()).toMatchObject({ accepted: 4, refused: 1 });
  expect(await releaseHeld(nodeFiles, { spool: centre.path }, remote1)).toBe(1);
  expect(await centre.receive()).toMatchObject({ accepted: 1, late: 0, refused: 0 });
  expect(await kept()).toEqual([3, undefined]);

  await centre.put("config", 6, { configuration: hosts });
  await centre.put("config", 7);
  await centre.put("keyframe", 9, { configuration: { web: 0, fresh: 0 } });
  expect(await centre.receive()).toMatchObject({ accepted: 2, refused: 1 });
  expect(await releaseHeld(nodeFiles, { spool: centre.path }, remote1)).toBe(1);
  expect(await centre.receive()).toMatchObject({ accepted: 1, late: 0 });
  expect(await kept()).toEqual([7, undefined]);
});

test("R57 a kept bundle that is swapped for another true one isn't applied", async () => {
  await using centre = await makeCentre();
  const base = await centre.put("keyframe", 1, { hosts: { web: 0 } });
  await centre.receive();
  await results(centre);
  // Of the same site, signed by the same key: only its hash tells it from the one that was taken in.
  const other = await centre.put("keyframe", 1, { hosts: { web: 500 }, name: "other" });
  const directory = `${centre.path}/receiver/sites/remote1`;
  const kept = (await readdir(directory)).find((name) => name.endsWith(".ferry"))!;
  await writeFile(`${directory}/${kept}`, other);
  await centre.put("delta", 2, { base, hosts: { web: 60 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, results: 0 });
  expect(await results(centre)).toEqual({});
});

test("R03 a revoked key is refused, and what it signed before isn't applied again", async () => {
  const revoked = new Set<string>();
  await using centre = await makeCentre({ remote1: {} }, revoked);
  const base = await centre.put("keyframe", 1);
  await centre.receive();
  await results(centre);
  // Without the record of what was handed over, all that is still believed is handed over again.
  const forgetResults = async (): Promise<void> =>
    await rm(`${centre.path}/receiver/state`, { recursive: true });
  await forgetResults();
  expect(await centre.receive()).toMatchObject({ results: 1, failed: 0 });
  await results(centre);
  await forgetResults();
  revoked.add(readHeader(base).unverified.keyId);
  await centre.put("delta", 2, { base, hosts: { web: 60 } });
  expect(await centre.receive()).toMatchObject({ accepted: 0, refused: 1, results: 0, failed: 1 });
  expect(await results(centre)).toEqual({});
});

test("a site whose bundles take long doesn't keep the others waiting for more than its share", async () => {
  await using centre = await makeCentre();
  for (const sequence of [1, 2, 3]) await centre.put("keyframe", sequence);
  await centre.put("keyframe", 1, { site: remote2, hosts: { db: 0 } });
  let passedMs = 0;
  const clock = { now: () => nowMs + passedMs };
  const slow = {
    ...nodeFiles,
    async read(path: string, bytesMax: number, options?: object) {
      if (path.includes("inbox/remote1")) passedMs += 15_000;
      return await nodeFiles.read(path, bytesMax, options);
    },
  };
  expect(await centre.receive(slow, clock)).toMatchObject({ accepted: 3, postponed: 1 });
  expect(await centre.receive(slow, clock)).toMatchObject({ accepted: 1, postponed: 0 });
});

test("R65 a file that ended the reader twice isn't tried a third time", async () => {
  await using centre = await makeCentre();
  await centre.put("keyframe", 1);
  await centre.put("keyframe", 1, { site: remote2, hosts: { db: 0 } });
  // The end comes while the file is being opened.
  const deadly = {
    ...nodeFiles,
    async read(path: string, bytesMax: number, options?: object) {
      if (path.includes("inbox/remote1")) throw new Error("the end");
      return await nodeFiles.read(path, bytesMax, options);
    },
    async rename(from: string, to: string) {
      if (from.includes("inbox/remote1") && !to.includes("~")) throw new Error("the end");
      await nodeFiles.rename(from, to);
    },
  };
  for (let run = 0; run < 2; run++) {
    expect(await centre.receive(deadly)).toMatchObject({ failed: 1, refused: 0 });
  }
  expect(await centre.receive()).toMatchObject({ refused: 1, failed: 0 });
  const kept = await readdir(`${centre.path}/receiver/quarantine/remote1`);
  const reason = kept.find((name) => name.endsWith(".reason"))!;
  const note = await readFile(`${centre.path}/receiver/quarantine/remote1/${reason}`, "utf8");
  expect(note).toContain("bundle-poisonous");
});

test("a refused file that the quarantine has no room for isn't taken for a deadly one", async () => {
  await using centre = await makeCentre();
  const bytes = await centre.put("keyframe", 1, { name: "whole" });
  await writeFile(`${centre.path}/link/damaged.ferry`, bytes.fill(0, 700, 710));
  const full = {
    ...nodeFiles,
    async rename(from: string, to: string) {
      if (to.includes("/quarantine/")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.rename(from, to);
    },
    async link(from: string, to: string) {
      if (to.includes("/quarantine/")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.link(from, to);
    },
  };
  for (let run = 0; run < 3; run++) await centre.receive(full).catch(() => null);
  expect(await centre.receive()).toMatchObject({ refused: 1 });
  const [refused] = await listQuarantine(nodeFiles, `${centre.path}/receiver/quarantine`);
  expect(refused?.note.code).toBe("payload-damaged");
});
