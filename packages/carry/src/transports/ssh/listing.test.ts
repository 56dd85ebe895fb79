import type { FileEntry } from "ssh2";
import { expect, test, vi } from "vitest";
import { parseSiteId } from "@siteferry/model";
import type { ReceivingTransport } from "../../transport.ts";
import { sshReceiver } from "./receive.ts";
import { openSshServer, sftpStatus } from "./test-ssh-server.ts";

const site = parseSiteId("remote1")!;
const bundle = "remote1-000000000001-000000000001.keyframe.ferry";
const attrs = { mode: 0o100644, uid: 0, gid: 0, size: 1, atime: 0, mtime: 0 };
const entry = (filename: string, longname = filename): FileEntry => ({ filename, longname, attrs });
const large = "x".repeat(240 * 1024);

/** A server whose directory has in its n-th part what `answer` says; null: no more. */
async function openDirectory(answer: (count: number) => readonly FileEntry[] | null) {
  const asked = { count: 0 };
  const server = await openSshServer({
    sftp(sftp) {
      sftp.on("OPENDIR", (id) => sftp.handle(id, Buffer.from("handle")));
      sftp.on("CLOSE", (id) => sftp.status(id, sftpStatus.OK));
      sftp.on("READDIR", (id) => {
        const some = answer((asked.count += 1));
        if (some === null) sftp.status(id, sftpStatus.EOF);
        else sftp.name(id, [...some]);
      });
    },
  });
  const { files, connection } = server;
  const receiver: ReceivingTransport = sshReceiver(files, { connection, directory: "/out", site });
  return {
    receiver,
    asked,
    async [Symbol.asyncDispose]() {
      await receiver.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("names that no file can have are left out, the bundle among them is found", async () => {
  const parts = [[entry(large, ""), entry(bundle)], [entry("y".repeat(256))], null];
  await using at = await openDirectory((count) => parts[count - 1]!);
  expect((await at.receiver.incoming(10)).map(({ name }) => name)).toEqual([bundle]);
});

test("a listing that has no end is ended by its bytes, long before the memory is full", async () => {
  for (const one of [entry(large, ""), entry("x", large)]) {
    await using at = await openDirectory(() => [one]);
    await expect(at.receiver.incoming(10)).rejects.toMatchObject({ code: "link-protocol" });
    expect(at.asked.count).toBeLessThan(100);
  }
});

test("a listing that has no end is ended by the number of its names", async () => {
  const some = Array.from({ length: 1000 }, (_, number) => entry(`${number}`));
  await using at = await openDirectory(() => some);
  await expect(at.receiver.incoming(10)).rejects.toThrow("more than 20000 names");
});

test("a server that answers again and again, each time in time, lists for minutes at most", async () => {
  let nowMs = performance.now();
  using clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  await using at = await openDirectory(() => {
    nowMs += 19_000;
    return [];
  });
  await expect(at.receiver.incoming(10)).rejects.toMatchObject({ code: "link-timeout" });
  expect(at.asked.count).toBeLessThan(30);
  expect(clock).toHaveBeenCalled();
});

test("what is closed while it logs in doesn't go on", async () => {
  await using at = await openDirectory(() => null);
  const looking = at.receiver.incoming(10);
  await at.receiver.close();
  await expect(looking).rejects.toMatchObject({ code: "link-unreachable" });
  expect(at.asked.count).toBe(0);
  expect(await at.receiver.incoming(10)).toEqual([]);
});
