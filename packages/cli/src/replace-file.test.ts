import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOrEmpty, replaceFile } from "./replace-file.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(`${tmpdir()}/replace-`);
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

test("mode and link stay, and nothing else is left there", async () => {
  await writeFile(`${directory}/real`, "before");
  await chmod(`${directory}/real`, 0o640);
  await symlink("real", `${directory}/link`);
  await replaceFile(`${directory}/link`, "before", "after");
  expect(await readFile(`${directory}/real`, "utf8")).toBe("after");
  expect((await stat(`${directory}/real`)).mode & 0o777).toBe(0o640);
  expect((await readdir(directory)).sort()).toEqual(["link", "real"]);
});

test("a new file; and what somebody has changed meanwhile isn't written over", async () => {
  const path = `${directory}/new`;
  expect(await readOrEmpty(path)).toBe("");
  await replaceFile(path, "", "one");
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  await expect(replaceFile(path, "", "two")).rejects.toMatchObject({ code: "name-taken" });
  expect(await readFile(path, "utf8")).toBe("one");
  expect(await readdir(directory)).toEqual(["new"]);
});
