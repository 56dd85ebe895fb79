import { parseSiteId } from "@siteferry/model";
import { expect, test } from "vitest";
import type { SendingTransport } from "../../transport.ts";
import { sshDirectorySender, sshExecSender } from "./send.ts";
import {
  type Behaviour,
  openSshServer,
  sftpStatus,
  type TestSshServer,
} from "./test-ssh-server.ts";

const site = parseSiteId("remote1")!;
const name = "remote1-000000000001-000000000001.keyframe.ferry";
const content = Buffer.alloc(8 * 1024 * 1024);
const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

/** How much was said to be sent to a server that takes nothing. */
async function sentTo(
  behaviour: Behaviour,
  open: (server: TestSshServer) => SendingTransport,
): Promise<number> {
  await using server = await openSshServer(behaviour);
  const sender = open(server);
  let sent = 0;
  const onSent = (bytes: number): void => void (sent += bytes);
  await expect(sender.send({ name, content, onSent })).rejects.toMatchObject({ kind: "transient" });
  await sender.close();
  return sent;
}

test("what a process that ended at once didn't take isn't counted as sent", async () => {
  const exec: Behaviour["exec"] = (channel) => {
    channel.exit(75);
    channel.close();
  };
  const sent = await sentTo({ exec }, ({ files, connection }) =>
    sshExecSender(files, { connection, site }),
  );
  // The server's window for what is under way.
  expect(sent).toBeLessThanOrEqual(2 * 1024 * 1024);
});

test("what a server refuses to write isn't counted as sent", async () => {
  const sftp: Behaviour["sftp"] = (server) => {
    server.on("LSTAT", (id) => server.status(id, sftpStatus.NO_SUCH_FILE));
    server.on("OPEN", (id) => server.handle(id, Buffer.from("handle")));
    server.on("WRITE", (id) => server.status(id, sftpStatus.FAILURE));
    server.on("CLOSE", (id) => server.status(id, sftpStatus.OK));
    server.on("REMOVE", (id) => server.status(id, sftpStatus.OK));
  };
  const sent = await sentTo({ sftp }, ({ files, connection }) =>
    sshDirectorySender(files, random, { connection, directory: "/in", site }),
  );
  expect(sent).toBe(0);
});
