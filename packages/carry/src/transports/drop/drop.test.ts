import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { describeTransport } from "../../transport-contract.ts";
import { dropReceiver } from "./receive.ts";
import { dropSender } from "./send.ts";

const site = parseSiteId("remote1")!;
const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const bundleName = "remote1-000000000001-000000000001.keyframe.ferry";
const bundle = { name: bundleName, content: Buffer.from("x") };

describeTransport("drop", async () => {
  const directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  return {
    sender: dropSender({ files: nodeFiles, random }, { dir, site }),
    receiver: dropReceiver(nodeFiles, { dir, site: null }),
    [Symbol.asyncDispose]: directory.remove,
  };
});

test("half-written and foreign files are not offered, a leftover of this site is swept", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  const leftovers = [
    `.${bundleName}.0011223344556677.tmp`,
    ".remote1-b-000000000001-000000000001.keyframe.ferry.0011223344556677.tmp",
  ];
  for (const name of [...leftovers, "readme.txt", ".hidden.ferry"])
    await writeFile(`${dir}/${name}`, "");
  expect(await dropReceiver(nodeFiles, { dir, site: null }).incoming(10)).toEqual([]);
  await dropSender({ files: nodeFiles, random }, { dir, site }).send({
    name: bundleName,
    content: Buffer.from("x"),
  });
  const left = (await readdir(dir)).filter((name) => name.endsWith(".tmp"));
  expect(left).toEqual([leftovers[1]]);
});

test("R56 a FIFO, a symbolic link or a directory is refused and doesn't block the next one", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  execFileSync("mkfifo", [`${dir}/a.ferry`]);
  await symlink("/etc/passwd", `${dir}/b.ferry`);
  await mkdir(`${dir}/c.ferry`);
  await writeFile(`${dir}/d\n\u001b[31m.ferry`, "named to hurt a terminal");
  const waiting = await dropReceiver(nodeFiles, { dir, site: null }).incoming(10);
  expect(waiting).toHaveLength(4);
  for (const file of waiting.slice(0, 3)) {
    await expect(file.read()).rejects.toMatchObject({ code: "file-unsuitable" });
  }
  expect(waiting[3]!.from).toContain("d\\x0a\\x1b[31m.ferry");
  await waiting[0]!.remove();
  await waiting[1]!.remove();
  expect(await readdir(dir)).toHaveLength(2);
});

test("a bundle never has two names: a receiver that scans just then would not take it", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  const receiver = dropReceiver(nodeFiles, { dir, site: null });
  const read: string[] = [];
  const files = {
    ...nodeFiles,
    async syncDirectory(path: string) {
      for (const file of await receiver.incoming(10)) read.push(String(await file.read()));
      await nodeFiles.syncDirectory(path);
    },
  };
  const content = Buffer.from("whole");
  await dropSender({ files, random }, { dir, site }).send({ name: bundleName, content });
  expect(read).toEqual(["whole"]);
});

test("the watcher wakes for a bundle", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  await chmod(dir, 0o755);
  const receiver = dropReceiver(nodeFiles, { dir, site: null });
  const woken = Promise.withResolvers<void>();
  await receiver.watch(() => woken.resolve());
  await dropSender({ files: nodeFiles, random }, { dir, site }).send({
    name: bundleName,
    content: Buffer.from("x"),
  });
  await expect(woken.promise).resolves.toBeUndefined();
  await receiver.close();
});

test("a marker follows its bundle, and what has none isn't taken; both go together", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  await writeFile(`${dir}/half.ferry`, "still being copied");
  await writeFile(`${dir}/other.ferry.done`, "of a bundle that is gone");
  await dropSender({ files: nodeFiles, random }, { dir, site, marker: ".ok" }).send(bundle);
  expect(await readdir(dir)).toContain(`${bundleName}.ok`);
  const offered = await dropReceiver(nodeFiles, { dir, site: null, marker: ".ok" }).incoming(10);
  expect(offered.map(({ name }) => name)).toEqual([bundleName]);
  await offered[0]!.remove();
  expect((await readdir(dir)).toSorted()).toEqual(["half.ferry", "other.ferry.done"]);
});

test("a command carries the file on; while it fails the bundle waits, and is handed over again", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  const gate = `${dir}/gate`;
  const after = ["sh", "-c", `cp "$1" ${gate}/ || { echo "no gate" >&2; exit 3; }`, "-", "{file}"];
  const sender = dropSender({ files: nodeFiles, random }, { dir, site, after });
  const failure = { kind: "transient", message: expect.stringMatching(/ended with 3: .*no gate/) };
  await expect(sender.send(bundle)).rejects.toMatchObject(failure);
  await mkdir(gate);
  await sender.send(bundle);
  expect(await readdir(gate)).toEqual([bundleName]);
  const none = dropSender({ files: nodeFiles, random }, { dir, site, after: ["/none", "{file}"] });
  await expect(none.send(bundle)).rejects.toMatchObject({ kind: "transient" });
});

test("on a file system without links, as on a stick, sending again is harmless all the same", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  const link = async (): Promise<never> => {
    throw Object.assign(new Error("EPERM: no links here"), { code: "EPERM" });
  };
  const sender = dropSender({ files: { ...nodeFiles, link }, random }, { dir, site });
  for (let time = 0; time < 2; time++) await sender.send(bundle);
  expect(await readdir(dir)).toEqual([bundleName]);
  const other = sender.send({ ...bundle, content: Buffer.from("other") });
  await expect(other).rejects.toMatchObject({ code: "name-taken" });
});

test("a lane that begins doesn't sweep away what another one is writing", async () => {
  await using directory = await makeTemporaryDirectory("drop");
  const dir = directory.path;
  const other = bundleName.replace("000001.keyframe", "000002.delta");
  const files = {
    ...nodeFiles,
    async rename(from: string, to: string) {
      // Written, and not there yet under its name.
      await dropSender({ files: nodeFiles, random }, { dir, site }).send({
        ...bundle,
        name: other,
      });
      await nodeFiles.rename(from, to);
    },
  };
  await dropSender({ files, random }, { dir, site }).send(bundle);
  expect((await readdir(dir)).toSorted()).toEqual([bundleName, other]);
});
