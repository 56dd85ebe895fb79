// An operator's words, left as files: which run hears them, and how often.

import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import type { ObjectsSettings } from "../objects-settings.ts";
import { laterMs, openGround } from "./test-ground.ts";
import { dropRequests, readRequests, request } from "./words.ts";

test.each(["rollback", "resume"] as const)(
  "%s that is said again while a run goes on is for the next one",
  async (word) => {
    await using directory = await makeTemporaryDirectory("words");
    const { path } = directory;
    const spool = `${path}/receiver`;
    const ofNext = async () => (await readRequests(nodeFiles, spool, [])).words.has(word);
    await request(nodeFiles, { spool: path }, word);
    const requests = await readRequests(nodeFiles, spool, []);
    const leftMs = requests.words.get(word)!;
    // Files have times in milliseconds.
    while (Date.now() <= leftMs) await new Promise((done) => setTimeout(done, 1));
    await request(nodeFiles, { spool: path }, word);
    await dropRequests(nodeFiles, spool, [], requests);
    expect(await ofNext()).toBe(true);
    await dropRequests(nodeFiles, spool, [], await readRequests(nodeFiles, spool, []));
    expect(await ofNext()).toBe(false);
  },
);

test("as long as one target can't be opened a word is kept for it, and the others hear it once", async () => {
  await using ground = await openGround();
  const { centre, core } = ground;
  const runs = async (count: number): Promise<number> => {
    const before = core.reloads;
    for (let index = 0; index < count; index++) {
      core.nowMs += laterMs;
      await ground.run();
    }
    return core.reloads - before;
  };
  await ground.say(["web", "ignored"]);
  await runs(4);
  expect(await runs(4)).toBe(0);
  const targets = centre.settings.targets as { objects: ObjectsSettings }[];
  const { objects } = targets[0]!;
  const activate = { ...objects.activate!, config: "/gone/nagios.cfg" };
  targets.push({ objects: { ...objects, dir: "/elsewhere", activate } });
  await request(core.files, { spool: centre.path }, "resume");
  // What the core didn't live well with is loaded once more, and taken back.
  expect(await runs(8)).toBe(2);
  const left = `${centre.path}/receiver/state/config-resume`;
  expect(await core.files.status(left)).not.toBeNull();
  targets.pop();
  await runs(1);
  expect(await core.files.status(left)).toBeNull();
});
