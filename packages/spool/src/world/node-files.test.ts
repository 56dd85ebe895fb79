import { execFileSync } from "node:child_process";
import { link, mkdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { nodeFiles } from "./node-files.ts";

test("R56 only a plain file with one name is read; a FIFO doesn't block", async () => {
  await using directory = await makeTemporaryDirectory();
  const path = (name: string): string => `${directory.path}/${name}`;
  await writeFile(path("plain"), "content");
  await writeFile(path("linked"), "content");
  await link(path("linked"), path("second-name"));
  await symlink(path("plain"), path("symlink"));
  await mkdir(path("directory"));
  execFileSync("mkfifo", [path("fifo")]);
  await truncate(await made(path("sparse")), 1024 ** 4);
  expect(Buffer.from(await nodeFiles.read(path("plain"), 7)).toString()).toBe("content");
  await expect(nodeFiles.read(path("linked"), 7)).rejects.toThrow("has a second name");
  for (const name of ["symlink", "directory", "fifo", "sparse"]) {
    await expect(nodeFiles.read(path(name), 1024), name).rejects.toMatchObject({
      code: "file-unsuitable",
    });
  }
  await expect(nodeFiles.read("/dev/zero", 1024)).rejects.toMatchObject({
    code: "file-unsuitable",
  });
  await expect(nodeFiles.read(path("plain"), 6)).rejects.toThrow("over the limit of 6");
});

test("the operator's own files may be links", async () => {
  await using directory = await makeTemporaryDirectory();
  await writeFile(`${directory.path}/file`, "settings");
  await symlink("file", `${directory.path}/link`);
  const content = await nodeFiles.read(`${directory.path}/link`, 100, { trusted: true });
  expect(Buffer.from(content).toString()).toBe("settings");
});

test("a new file has the mode that was asked for, and never replaces another", async () => {
  await using directory = await makeTemporaryDirectory();
  const path = `${directory.path}/new`;
  const before = process.umask(0o077);
  try {
    await nodeFiles.writeNew(path, Buffer.from("content"), 0o644);
  } finally {
    process.umask(before);
  }
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  expect(await readFile(path, "utf8")).toBe("content");
  await expect(nodeFiles.writeNew(path, Buffer.from("x"), 0o644)).rejects.toMatchObject({
    code: "EEXIST",
  });
});

async function made(path: string): Promise<string> {
  await writeFile(path, "");
  return path;
}
