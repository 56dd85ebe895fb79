import { rename, rm, readdir, stat, writeFile } from "node:fs/promises";
import { nodeFiles } from "@siteferry/spool";
import { FerryError, type Log } from "@siteferry/model";
import { expect, test } from "vitest";
import { type Centre, makeCentre, nowMs } from "../test-centre.ts";
import { loadLastRun, noteFailure, receiverTroubles, RunNotes, wellRun } from "./last-run.ts";

const minuteMs = 60_000;
const quiet = (): void => {};
const quietLog: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

async function troublesAfterRun(centre: Centre, atMs = nowMs): Promise<readonly string[]> {
  await centre.receive(nodeFiles, { now: () => atMs });
  return receiverTroubles(
    await loadLastRun({ files: nodeFiles }, `${centre.path}/receiver`),
    1,
    atMs,
  );
}

test("a link that fails is said until it works again, with its code and since when", async () => {
  await using centre = await makeCentre({ remote1: {} });
  expect(await troublesAfterRun(centre)).toEqual([]);
  const link = `${centre.path}/link`;
  await rename(link, `${link}.gone`);
  await troublesAfterRun(centre, nowMs + minuteMs);
  const [words, ...more] = await troublesAfterRun(centre, nowMs + 2 * minuteMs);
  expect(more).toEqual([]);
  expect(words).toMatch(
    /^1 failure in its last run, as in all since 2026-11-01T00:01:00Z: system-error: drop:.* failed: .*ENOENT/,
  );
  await rename(`${link}.gone`, link);
  expect(await troublesAfterRun(centre, nowMs + 3 * minuteMs)).toEqual([]);
});

test("what is refused is a site's, not the receiver's", async () => {
  await using centre = await makeCentre({ remote1: {} });
  await writeFile(`${centre.path}/link/remote1-000000000001-000000000001.keyframe.ferry`, "hello");
  expect(await troublesAfterRun(centre)).toEqual([]);
  await writeFile(`${centre.path}/receiver/inbox/hello.ferry@_@0`, "hello");
  await rename(`${centre.path}/link`, `${centre.path}/gone`);
  const [words = ""] = await troublesAfterRun(centre);
  expect(words).toMatch(/: system-error: drop/);
  expect(words).not.toContain("bundle-not-one");
});

test("a run that is as the one before writes nothing", async () => {
  await using centre = await makeCentre({ remote1: {} });
  const note = `${centre.path}/receiver/state/last-run`;
  await troublesAfterRun(centre);
  await expect(stat(note)).rejects.toThrow("ENOENT");
  await rename(`${centre.path}/link`, `${centre.path}/gone`);
  await troublesAfterRun(centre);
  const { ino } = await stat(note);
  await troublesAfterRun(centre, nowMs + minuteMs);
  expect((await stat(note)).ino).toBe(ino);
});

test("results that a core doesn't read are said after five minutes, and until it reads", async () => {
  await using centre = await makeCentre({ remote1: {} });
  await centre.put("keyframe", 1);
  const results = `${centre.path}/results`;
  const at = async (minute: number) => await troublesAfterRun(centre, nowMs + minute * minuteMs);
  expect(await at(0)).toEqual([]);
  expect(await at(5)).toEqual([]);
  expect(await at(6)).toEqual([expect.stringContaining("hasn't read check results for 6 min")]);
  // They are taken back and written anew.
  const before = await readdir(results);
  expect(await at(31)).toEqual([expect.stringContaining("for 31 min")]);
  expect(await readdir(results)).not.toEqual(before);
  expect(await at(32)).toEqual([expect.stringContaining("for 32 min")]);
  for (const name of await readdir(results)) await rm(`${results}/${name}`);
  expect(await at(33)).toEqual([]);
});

test("what is said after a run has ended is of the next one, and of no other", () => {
  const notes = new RunNotes();
  const log = notes.listening(quietLog);
  const run = (failed: number) => ({ failed, waitingForConfiguration: 0 });
  expect(notes.end(wellRun, run(0), nowMs)).toEqual(wellRun);
  log.error({ code: "peer-unreachable", reason: "gone" }, "ssh failed");
  const after = notes.end(wellRun, run(1), nowMs + minuteMs);
  expect(after.complaints).toEqual(["peer-unreachable: ssh failed: gone"]);
  expect(notes.end(after, run(1), nowMs + 2 * minuteMs).complaints).toEqual([]);
});

test("a run that looks at the cores twice has failed at what failed in either, and believes the later look", () => {
  const notes = new RunNotes();
  const log = notes.listening(quietLog);
  const run = { failed: 2, waitingForConfiguration: 0 };
  log.error({ code: "core-unreachable", reason: "gone" }, "A target failed");
  notes.addUnread(nowMs - minuteMs, 1);
  notes.lookAgain();
  log.error({ code: "link-timeout", reason: "late" }, "ssh is broken off");
  const after = notes.end(wellRun, run, nowMs + 60 * minuteMs);
  expect(after.complaints).toEqual([
    "core-unreachable: A target failed: gone",
    "link-timeout: ssh is broken off: late",
  ]);
  expect(after.unreadMs).toBe(0);
});

test("a run that ends early says nothing of what it didn't look at", async () => {
  await using centre = await makeCentre({ remote1: {} });
  await centre.put("keyframe", 1);
  const spool = `${centre.path}/receiver`;
  for (const minute of [0, 6]) await troublesAfterRun(centre, nowMs + minute * minuteMs);
  const clock = { now: () => nowMs + 7 * minuteMs };
  const world = { files: nodeFiles, clock, log: quietLog, random };
  await noteFailure(world, spool, new FerryError("settings-unreadable", "no key"));
  const noted = await loadLastRun({ files: nodeFiles }, spool);
  expect(receiverTroubles(noted, 1, nowMs + 8 * minuteMs)).toEqual([
    expect.stringMatching(/^1 failure .*: settings-unreadable: no key$/),
    expect.stringContaining("hasn't read check results for 8 min"),
  ]);
});

test("a full disk is said once, also when the run couldn't note it", () => {
  const [words, ...more] = receiverTroubles(wellRun, 0.03, nowMs);
  expect([words, more]).toEqual(["disk-nearly-full: nothing is taken in, 3.0 % are free", []]);
  const noted = { ...wellRun, failed: 1, complaints: ["disk-nearly-full: Nothing is taken in"] };
  expect(receiverTroubles(noted, 0.03, nowMs)).toHaveLength(1);
});
