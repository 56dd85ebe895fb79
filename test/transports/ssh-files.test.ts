// Files over SFTP, against a real sshd: what is asked of the server, and what isn't read from it.

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { limits } from "@siteferry/model";
import { makeTemporaryDirectory, openRelay } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import { sshDirectorySender, sshReceiver } from "@siteferry/carry";
import { bundle, files, makeClient, name, random, site, together } from "./ssh-ground.ts";

const run = promisify(execFile);
const missing = missingFor("sshd");

describe.skipIf(missing !== null)("ssh into a directory", () => {
  async function open() {
    const stack = together();
    const client = stack.use(await makeClient());
    const { path } = stack.use(await makeTemporaryDirectory("incoming"));
    const dir = join(path, "in");
    await mkdir(dir);
    // Debian's server, told to write down what it is asked for.
    const server = `/usr/lib/openssh/sftp-server -e -l VERBOSE 2>>${path}/asked`;
    const authorizedKeys = [`restrict,command="${server}" ${client.publicKey}`];
    const sshd = stack.use(await startSshd({ authorizedKeys }));
    const connection = await client.to(sshd);
    const sender = sshDirectorySender(files, random, { connection, directory: dir, site });
    stack.defer(() => sender.close());
    return {
      dir,
      sender,
      asked: async () => await readFile(join(path, "asked"), "utf8"),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }

  test("what was written is synced, renamed without a second name, and its directory synced", async () => {
    await using at = await open();
    await at.sender.send(bundle);
    const order =
      /open "[^"]*\.tmp" flags WRITE,CREATE,TRUNCATE,EXCL.*fsync .*close "[^"]*\.tmp".*posix-rename .*open "[^"]*\/in" flags READ.*fsync /s;
    expect(await at.asked()).toMatch(order);
  });

  test("this site's leftovers are swept, other content isn't overwritten", async () => {
    await using at = await open();
    const leftover = `.${name}.0011223344556677.tmp`;
    const young = leftover.replace("001122", "ffffff");
    const foreign = [leftover.replace("remote1", "remote2"), ".hidden", "note.txt"];
    for (const file of [leftover, young, ...foreign]) await writeFile(join(at.dir, file), "");
    for (const file of [leftover, ...foreign]) await utimes(join(at.dir, file), 1, 1);
    await at.sender.send(bundle);
    expect((await readdir(at.dir)).sort()).toEqual([...foreign, young, name].sort());
    await expect(at.sender.send({ name, content: Buffer.from("other") })).rejects.toMatchObject({
      code: "name-taken",
    });
    expect(await readFile(join(at.dir, name), "utf8")).toBe("content");
    await rm(at.dir, { recursive: true });
    await expect(at.sender.send(bundle)).rejects.toMatchObject({ code: "system-error" });
    await expect(at.sender.send(bundle)).rejects.toThrow("No such file");
  });
});

describe.skipIf(missing !== null)("ssh that pulls", () => {
  async function open() {
    const stack = together();
    const client = stack.use(await makeClient());
    const { path: dir } = stack.use(await makeTemporaryDirectory("outbox"));
    const authorizedKeys = [`restrict ${client.publicKey}`];
    const sshd = stack.use(await startSshd({ authorizedKeys }));
    const relay = stack.use(await openRelay(sshd.port));
    const connection = await client.to({ ...sshd, port: relay.port });
    const receiver = sshReceiver(files, { connection, directory: dir, site });
    stack.defer(() => receiver.close());
    return { dir, sshd, relay, receiver, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }
  const nameOf = (sequence: number): string => name.replace(/1\./, `${sequence}.`);

  test("a pipe, a link or a directory called like a bundle is refused; other files are left alone", async () => {
    await using at = await open();
    await run("mkfifo", [join(at.dir, nameOf(1))]);
    await symlink("/etc/passwd", join(at.dir, nameOf(2)));
    await mkdir(join(at.dir, nameOf(3)));
    await truncate(at.dir, nameOf(4), limits.bundleBytesMax + 1);
    const foreign = ["notes.txt", `.${nameOf(5)}.0011223344556677.tmp`, "x.ferry"];
    for (const other of foreign) await writeFile(join(at.dir, other), "");
    await writeFile(join(at.dir, nameOf(6)), "content");
    const waiting = await at.receiver.incoming(10);
    expect(waiting.map((file) => file.name)).toEqual([1, 2, 3, 4, 6].map(nameOf));
    for (const file of waiting.slice(0, 4)) {
      await expect(file.read()).rejects.toMatchObject({ code: "file-unsuitable" });
    }
    expect(String(await waiting[4]!.read())).toBe("content");
    for (const file of [...waiting.slice(0, 2), ...waiting.slice(3), waiting[4]!])
      await file.remove();
    expect((await readdir(at.dir)).sort()).toEqual([...foreign, nameOf(3)].sort());
    await expect(at.receiver.incoming(10)).resolves.toHaveLength(1);
  });

  test("a line that breaks while a file is read: it stays, and comes whole the next time", async () => {
    await using at = await open();
    const content = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
    await writeFile(join(at.dir, name), content);
    const [file] = await at.receiver.incoming(10);
    at.relay.cutAfter(100);
    await expect(file!.read()).rejects.toMatchObject({ kind: "transient" });
    at.relay.mend();
    expect(Buffer.compare(await file!.read(), content)).toBe(0);
    await at.sshd.stop();
    await at.sshd.start();
    await file!.remove();
    expect(await readdir(at.dir)).toEqual([]);
  });
});

async function truncate(dir: string, file: string, size: number): Promise<void> {
  await run("truncate", ["-s", String(size), join(dir, file)]);
}
