// SFTP into a directory whose disk fills up: it is tried again, and nothing half is visible.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { sshDirectorySender } from "@siteferry/carry";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { expect, test } from "vitest";
import { mountSmallDisk, whyNoMounts } from "../faults/mounts.ts";
import { files, makeClient, name, random, site, together } from "./ssh-ground.ts";

const missing = missingFor("sshd") ?? (await whyNoMounts("small disk"));

test.skipIf(missing !== null)("a disk that fills up under SFTP", async () => {
  await using stack = together();
  const client = stack.use(await makeClient());
  const { path } = stack.use(await makeTemporaryDirectory("full"));
  const disk = stack.use(await mountSmallDisk(join(path, "in"), 16 * 1024));
  const sshd = stack.use(await startSshd({ authorizedKeys: [`restrict ${client.publicKey}`] }));
  const connection = await client.to(sshd);
  const sender = sshDirectorySender(files, random, { connection, directory: disk.path, site });
  stack.defer(() => sender.close());
  const bundle = { name, content: Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))) };
  await expect(sender.send(bundle)).rejects.toMatchObject({ kind: "transient" });
  expect(await readdir(disk.path)).toEqual([]);
  await disk.grow();
  await sender.send(bundle);
  expect(await readdir(disk.path)).toEqual([name]);
});
