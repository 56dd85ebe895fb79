import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { FerryError, type FileSystem } from "@siteferry/model";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { isTemporaryName, publish, sweep } from "./publish.ts";
import { nodeFiles } from "./world/node-files.ts";

const random = { bytes: (count: number) => new Uint8Array(count).fill(7) };
const content = Buffer.from("content");

async function spool(): Promise<
  AsyncDisposable & { temporaryDirectory: string; directory: string }
> {
  const { path, remove } = await makeTemporaryDirectory("publish");
  const directories = { temporaryDirectory: `${path}/tmp`, directory: `${path}/new` };
  for (const directory of Object.values(directories)) await mkdir(directory);
  return { ...directories, [Symbol.asyncDispose]: remove };
}

/** Hands every call on and keeps its name; fails at the `failAt`-th as a full disk does. */
function recorded(calls: string[], failAt = Number.POSITIVE_INFINITY): FileSystem {
  return new Proxy(nodeFiles, {
    get(target, name: keyof FileSystem) {
      return async (...parameters: never[]) => {
        calls.push(name);
        if (calls.length === failAt) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        return await (target[name] as (...all: never[]) => Promise<unknown>)(...parameters);
      };
    },
  });
}

test("the order of calls is the one that survives a power cut", async () => {
  await using directories = await spool();
  const calls: string[] = [];
  await publish(recorded(calls), random, { ...directories, name: "a", content });
  // writeNew syncs the file before it returns; see its own test.
  expect(calls).toEqual(["writeNew", "link", "syncDirectory", "unlink"]);
});

test("a failure at any step leaves either nothing or the whole file", async () => {
  for (let failAt = 1; failAt <= 4; failAt++) {
    await using directories = await spool();
    const failing = recorded([], failAt);
    await expect(publish(failing, random, { ...directories, name: "a", content })).rejects.toThrow(
      "full",
    );
    const names = await readdir(directories.directory);
    expect(names, `failing at call ${failAt}`).toEqual(failAt < 3 ? [] : ["a"]);
    for (const name of names) {
      expect(await readFile(`${directories.directory}/${name}`)).toEqual(content);
    }
  }
});

test("the same again is harmless, other content is never overwritten", async () => {
  await using directories = await spool();
  const again = { ...directories, name: "a", content };
  expect(await publish(nodeFiles, random, again)).toBe("published");
  expect(await publish(nodeFiles, random, again)).toBe("identical");
  await expect(
    publish(nodeFiles, random, { ...again, content: Buffer.from("other") }),
  ).rejects.toMatchObject({ code: "name-taken" } satisfies Partial<FerryError>);
  expect(await readFile(`${directories.directory}/a`, "utf8")).toBe("content");
  expect(await readdir(directories.temporaryDirectory)).toEqual([]);
});

test("leftovers are swept, and only they", async () => {
  await using directories = await spool();
  const { directory } = directories;
  await writeFile(`${directory}/.a.ferry.0011223344556677.tmp`, "half");
  await writeFile(`${directory}/a.ferry`, "whole");
  await writeFile(`${directory}/.hidden`, "somebody's");
  expect(await sweep(nodeFiles, directory)).toBe(1);
  expect((await readdir(directory)).sort()).toEqual([".hidden", "a.ferry"]);
  expect(isTemporaryName("site-1.tmp")).toBe(false);
});
