import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dropReceiver } from "@siteferry/carry";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { nodeFiles, openDirectories } from "@siteferry/spool";
import type { World } from "@siteferry/model";
import { expect, test } from "vitest";
import { takeIn, TakingIn } from "./take-in.ts";

const quiet = (): void => {};
const world: World = {
  files: nodeFiles,
  clock: { now: () => 0 },
  random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

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
  const counts = await takeIn({ world, spool, freeSpace: async () => 1 }, [
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
  const full = { world, spool, freeSpace: async () => 0.049 };
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
    counts.push(await takeIn({ world, spool, freeSpace: async () => 1 }, [link]));
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
  const opening = { world, spool, freeSpace: async () => 1 };
  for (const name of ["one", "other"]) {
    await writeFile(`${dir}/${name}.ferry`, name);
    expect(await takeIn(opening, [hanging, drop], takingIn)).toMatchObject({ taken: 1, failed: 0 });
  }
  expect(asked).toBe(1);
  await writeFile(`${dir}-slow/late.ferry`, "late");
  answer.resolve();
  await Promise.all(takingIn.running.values());
  expect(await readdir(`${spool}/inbox`)).toHaveLength(3);
});
