import { readdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { parseBundleName, parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { parseIndex } from "../../outbox-index.ts";
import { dropSender } from "./send.ts";

const site = parseSiteId("remote1")!;
const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const name = (sequence: number, kind: string): string =>
  `remote1-000000000001-${String(sequence).padStart(12, "0")}.${kind}.ferry`;

test("a served outbox has what counts, an index of it, and nothing of other sites is touched", async () => {
  await using directory = await makeTemporaryDirectory("outbox");
  const dir = directory.path;
  const others = [name(1, "keyframe").replace("remote1", "remote2"), "readme.txt"];
  for (const other of others) await writeFile(`${dir}/${other}`, "theirs");
  const leftover = `${dir}/.index.json.0011223344556677.tmp`;
  await writeFile(leftover, "");
  const options = { dir, site, mode: 0o644, collapse: true, index: true, marker: ".ok" };
  const sender = dropSender({ files: nodeFiles, random }, options);
  const sent = [name(1, "config"), name(2, "keyframe"), name(3, "delta"), name(4, "delta")];
  for (const bundle of sent) await sender.send({ name: bundle, content: Buffer.from(bundle) });
  const own = sent.filter((bundle) => bundle !== sent[2]);
  const marked = own.flatMap((bundle) => [bundle, `${bundle}.ok`]);
  expect((await readdir(dir)).sort()).toEqual(["index.json", ...others, ...marked].sort());
  const index = parseIndex(await readFile(`${dir}/index.json`), "index.json");
  expect(index.map((entry) => entry.name)).toEqual(own);
  expect(index[0]!.sizeBytes).toBe(own[0]!.length);
  expect(index.every((entry) => parseBundleName(entry.name)?.site === site)).toBe(true);
});

test("at no moment does the index name a file that isn't there", async () => {
  await using directory = await makeTemporaryDirectory("outbox");
  const dir = directory.path;
  const missing: string[] = [];
  const look = async (): Promise<void> => {
    const text = await readFile(`${dir}/index.json`).catch(() => null);
    const there = await readdir(dir);
    for (const entry of text === null ? [] : parseIndex(text, "index.json")) {
      if (!there.includes(entry.name)) missing.push(entry.name);
    }
  };
  const files = {
    ...nodeFiles,
    async unlink(path: string) {
      await nodeFiles.unlink(path);
      await look();
    },
    async rename(from: string, to: string) {
      await nodeFiles.rename(from, to);
      await look();
    },
  };
  const sender = dropSender({ files, random }, { dir, site, collapse: true, index: true });
  for (let sequence = 1; sequence <= 3; sequence++) {
    await sender.send({ name: name(sequence, "keyframe"), content: Buffer.from("x") });
  }
  expect(missing).toEqual([]);
  expect((await readdir(dir)).sort()).toEqual(["index.json", name(3, "keyframe")].sort());
});

test("two lanes that publish at once leave an index with what both have brought", async () => {
  await using directory = await makeTemporaryDirectory("outbox");
  const dir = directory.path;
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const files = {
    ...nodeFiles,
    async rename(from: string, to: string) {
      if (to.endsWith("/index.json")) {
        reached.resolve();
        await released.promise;
      }
      await nodeFiles.rename(from, to);
    },
  };
  const lane = (fileSystem: typeof nodeFiles) =>
    dropSender({ files: fileSystem, random }, { dir, site, collapse: true, index: true });
  const bulk = lane(files).send({ name: name(1, "keyframe"), content: Buffer.from("x") });
  await reached.promise;
  const express = lane(nodeFiles).send({ name: name(2, "delta"), content: Buffer.from("y") });
  // If it doesn't wait for the other's index, it is through by then.
  await Promise.race([express, after(300)]);
  released.resolve();
  await Promise.all([bulk, express]);
  const index = parseIndex(await readFile(`${dir}/index.json`), "index.json");
  expect(index.map((entry) => entry.name)).toEqual([name(1, "keyframe"), name(2, "delta")]);
});
