import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dropReceiver } from "@siteferry/carry";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { nodeFiles, openDirectories } from "@siteferry/spool";
import { limits, parseSiteId, type World } from "@siteferry/model";
import { expect, test, vi } from "vitest";
import type { SiteSettings } from "./settings.ts";
import { takeIn, TakingIn } from "./take-in.ts";

const quiet = (): void => {};
const world: World = {
  files: nodeFiles,
  clock: { now: () => 0 },
  random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

const settings = { sites: { [parseSiteId("remote1")!]: {} as SiteSettings } };

test("R56 what can't be read or removed doesn't keep the bundles behind it waiting", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const dir = `${directory.path}/link`;
  const spool = `${directory.path}/receiver`;
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  await mkdir(`${dir}/0.ferry`, { recursive: true });
  const socket = createServer();
  await new Promise<void>((resolve) => void socket.listen(`${dir}/1.ferry`, resolve));
  await writeFile(
    Buffer.concat([Buffer.from(`${dir}/2`), Buffer.from([0xff]), Buffer.from(".ferry")]),
    "",
  );
  await writeFile(`${dir}/z.ferry`, "a bundle");
  const counts = await takeIn({ world, spool, settings, freeSpace: async () => 1 }, [
    dropReceiver(nodeFiles, { dir, site: null }),
  ]);
  socket.close();
  expect(counts).toEqual({ taken: 1, unsuitable: 0, gone: 0, failed: 3 });
  expect(await readdir(`${spool}/inbox`)).toHaveLength(1);
});

test("with hardly any space left everything stays at its source", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const [dir, spool] = [`${directory.path}/link`, `${directory.path}/receiver`];
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  await mkdir(dir);
  await writeFile(`${dir}/z.ferry`, "a bundle");
  const drop = dropReceiver(nodeFiles, { dir, site: null });
  const full = { world, spool, settings, freeSpace: async () => 0.049 };
  expect(await takeIn(full, [drop])).toEqual({ taken: 0, unsuitable: 0, gone: 0, failed: 1 });
  expect(await readdir(dir)).toEqual(["z.ferry"]);
});

test("two receivers on one link: what the other one took first is no failure", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const dir = `${directory.path}/link`;
  await mkdir(dir);
  for (const name of ["a", "b"]) await writeFile(`${dir}/${name}.ferry`, name);
  const spools = [`${directory.path}/one`, `${directory.path}/other`];
  for (const spool of spools) await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  const look = await Promise.all(
    spools.map(() => dropReceiver(nodeFiles, { dir, site: null }).incoming(10)),
  );
  const counts = [];
  for (const [index, spool] of spools.entries()) {
    const link = {
      ...dropReceiver(nodeFiles, { dir, site: null }),
      incoming: async () => look[index]!,
    };
    counts.push(await takeIn({ world, spool, settings, freeSpace: async () => 1 }, [link]));
  }
  expect(counts).toEqual([
    { taken: 2, unsuitable: 0, gone: 0, failed: 0 },
    { taken: 0, unsuitable: 0, gone: 2, failed: 0 },
  ]);
});

test("a transport that hangs keeps no other waiting, and ends beside the next runs", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const [dir, spool] = [`${directory.path}/link`, `${directory.path}/receiver`];
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  for (const path of [dir, `${dir}-slow`]) await mkdir(path);
  const drop = dropReceiver(nodeFiles, { dir, site: null });
  const answer = Promise.withResolvers<void>();
  const slow = dropReceiver(nodeFiles, { dir: `${dir}-slow`, site: null });
  let asked = 0;
  const hanging = {
    ...slow,
    incoming: async (count: number) => {
      asked += 1;
      await answer.promise;
      return await slow.incoming(count);
    },
  };
  const takingIn: TakingIn = new TakingIn(async () => await takingIn.running.get(drop.name));
  const opening = { world, spool, settings, freeSpace: async () => 1 };
  for (const name of ["one", "other"]) {
    await writeFile(`${dir}/${name}.ferry`, name);
    expect(await takeIn(opening, [hanging, drop], takingIn)).toMatchObject({ taken: 1, failed: 0 });
  }
  expect(asked).toBe(1);
  await writeFile(`${dir}-slow/late.ferry`, "late");
  answer.resolve();
  await Promise.all(takingIn.running.values());
  expect(await readdir(`${spool}/inbox`)).toHaveLength(3);
  // The next run counts it.
  expect(await takeIn(opening, [drop], takingIn)).toMatchObject({ taken: 1, failed: 0 });
});

test("a transport that fails after its run has ended is the next run's failure", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const [dir, spool] = [`${directory.path}/link`, `${directory.path}/receiver`];
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  await mkdir(dir);
  const answer = Promise.withResolvers<never>();
  const drop = dropReceiver(nodeFiles, { dir, site: null });
  const hanging = { ...drop, incoming: async () => await answer.promise };
  const takingIn = new TakingIn(async () => {});
  const opening = { world, spool, settings, freeSpace: async () => 1 };
  expect(await takeIn(opening, [hanging], takingIn)).toMatchObject({ failed: 0 });
  answer.reject(new Error("gone"));
  await Promise.all(takingIn.running.values());
  expect(await takeIn(opening, [], takingIn)).toMatchObject({ failed: 1 });
  expect(await takeIn(opening, [], takingIn)).toMatchObject({ failed: 0 });
});

test("files of a hundred thousand made-up sites come last, and no more of them than of one site", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const [dir, spool] = [`${directory.path}/link`, `${directory.path}/receiver`];
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  const bundle = "000000000001-000000000001.delta.ferry";
  const names = Array.from({ length: 100_000 }, (_, number) => `a${number}-${bundle}`);
  names.push(`remote1-${bundle}`, "renamed by the link.ferry");
  const opened: string[] = [];
  const files = {
    ...nodeFiles,
    list: async (path: string) => (path === dir ? names : await nodeFiles.list(path)),
    async read(path: string) {
      opened.push(path.slice(dir.length + 1));
      return Buffer.from(path);
    },
    async unlink() {},
  };
  const drop = dropReceiver(files, { dir, site: null });
  const opening = { world, spool, settings, freeSpace: async () => 1 };
  expect(await takeIn(opening, [drop])).toMatchObject({ taken: limits.filesPerPassMax + 2 });
  expect(opened.slice(0, 2)).toEqual([`remote1-${bundle}`, "renamed by the link.ferry"]);
  // They are still in the inbox.
  opened.length = 0;
  expect(await takeIn(opening, [drop])).toMatchObject({ failed: 0 });
  expect(opened).toEqual([`remote1-${bundle}`, "renamed by the link.ferry"]);
});

test("what is taken in has ended before the end: nothing more begins, nothing is said of the link", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const [dir, spool] = [`${directory.path}/link`, `${directory.path}/receiver`];
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  await mkdir(dir);
  for (const name of ["a", "b", "c"]) await writeFile(`${dir}/${name}.ferry`, name);
  const reading = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const files = {
    ...nodeFiles,
    async read(path: string, bytesMax: number) {
      reading.resolve();
      await answer.promise;
      return await nodeFiles.read(path, bytesMax);
    },
  };
  const steps: string[] = [];
  const drop = dropReceiver(files, { dir, site: null });
  const hanging = { ...drop, close: async () => void steps.push("closed") };
  const takingIn: TakingIn = new TakingIn(async () => await reading.promise);
  const opening = { world, spool, settings, freeSpace: async () => 1 };
  await takeIn(opening, [hanging], takingIn);
  const ended = takingIn.end([hanging]).then(() => steps.push("ended"));
  await vi.waitFor(() => expect(steps).toContain("closed"));
  steps.push("the answer comes");
  answer.resolve();
  await ended;
  expect(steps).toEqual(["closed", "the answer comes", "ended"]);
  expect(await readdir(`${spool}/inbox`)).toHaveLength(1);
  expect(await readdir(dir)).toEqual(["b.ferry", "c.ferry"]);
  // It counts what was under way, and begins nothing.
  expect(await takeIn(opening, [drop], takingIn)).toMatchObject({ taken: 1, failed: 0 });
  expect(await readdir(dir)).toEqual(["b.ferry", "c.ferry"]);
});

test("after its time a run begins no other file: what it has counts, the rest comes next time", async () => {
  await using directory = await makeTemporaryDirectory("take");
  const [dir, spool] = [`${directory.path}/link`, `${directory.path}/receiver`];
  await openDirectories(nodeFiles, spool, ["tmp", "inbox"]);
  await mkdir(dir);
  for (const name of ["a", "b", "c"]) await writeFile(`${dir}/${name}.ferry`, name);
  let isLate = false;
  const files = {
    ...nodeFiles,
    async read(path: string, bytesMax: number) {
      isLate = path.includes("b.ferry");
      return await nodeFiles.read(path, bytesMax);
    },
  };
  const warnings: string[] = [];
  const log = { ...world.log, warn: (_: object, words: string) => void warnings.push(words) };
  const opening = { world: { ...world, log }, spool, settings, freeSpace: async () => 1 };
  const drop = dropReceiver(files, { dir, site: null });
  const takingIn = new TakingIn(undefined, () => isLate);
  expect(await takeIn(opening, [drop], takingIn)).toMatchObject({ taken: 2, failed: 0 });
  expect(await readdir(dir)).toEqual(["c.ferry"]);
  expect(warnings).toEqual([`${drop.name} is slow: what is left waits for the next run`]);
});
