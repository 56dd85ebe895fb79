// A relay whose disk is full: it says so, the bundle waits at the site, and comes when there is room.

import { rm, statfs, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { expect, test } from "vitest";
import { mountSmallDisk, whyNoMounts } from "../faults/mounts.ts";
import { openGround, Person } from "./mail-ground.ts";

const missing =
  missingFor("postfix") ??
  missingFor("dovecot") ??
  missingFor("openssl") ??
  (await whyNoMounts("small disk"));

test.skipIf(missing !== null)("a relay whose disk is full, by STARTTLS and by TLS", async () => {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await makeTemporaryDirectory("queue"));
  const disk = stack.use(await mountSmallDisk(`${path}/queue`, 4 * 1024 * 1024));
  const ground = stack.use(await openGround({ queue: disk.path, messageSizeLimit: 1_000_000 }));
  const { smtp, smtps } = ground.postfix.ports;
  const content = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
  const bundle = { name: "remote1-000000000001-000000000001.keyframe.ferry", content };
  for (const [port, tls] of [
    [smtp, "starttls"],
    [smtps, "tls"],
  ] as const) {
    const person = await Person.arrive(ground);
    // In parts: also of those nothing gets through.
    const sender = person.sender(person.login(port, tls), 32_768);
    const { bavail, bsize } = await statfs(disk.path);
    await writeFile(`${disk.path}/filler`, Buffer.alloc(bavail * bsize - 16_384));
    await expect(sender.send(bundle)).rejects.toMatchObject({ kind: "transient" });
    await expect(sender.send(bundle)).rejects.toThrow("452 4.3.1");
    expect((await person.messages()).size).toBe(0);
    await rm(`${disk.path}/filler`);
    await sender.send(bundle);
    const [file, ...more] = await person.receiver(person.maildir()).incoming(10);
    expect(more).toEqual([]);
    expect(Buffer.from(await file!.read())).toEqual(content);
  }
});
