// ssh against a real sshd: the contract, in all the ways.

import { execFile } from "node:child_process";
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory, openRelay } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe } from "vitest";
import {
  dropReceiver,
  dropSender,
  sshCommandSender,
  sshDirectorySender,
  sshExecSender,
  sshReceiver,
} from "@siteferry/carry";
import { describeTransport } from "@siteferry/carry/transport-contract";
import {
  files,
  makeClient,
  openTakingCentre,
  random,
  site,
  systemSsh,
  together,
} from "./ssh-ground.ts";

const run = promisify(execFile);
const missing = missingFor("sshd");
const isRoot = userInfo().uid === 0;
if (!isRoot) process.stderr.write("Left out: SFTP into a chroot; only root's sshd can do that\n");

describe.skipIf(missing !== null)("ssh and a real sshd", () => {
  describeTransport("ssh by exec", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const centre = stack.use(await openTakingCentre());
    const authorizedKeys = [`${centre.restriction} ${client.publicKey}`];
    const sshd = stack.use(await startSshd({ authorizedKeys }));
    const relay = stack.use(await openRelay(sshd.port));
    const connection = await client.to({ ...sshd, port: relay.port });
    const sender = centre.watched(sshExecSender(files, { connection, site }));
    stack.defer(() => sender.close());
    return link(stack, { sender, receiver: centre.receiver, relay });
  });

  describeTransport("ssh by the system's ssh", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const centre = stack.use(await openTakingCentre());
    const authorizedKeys = [`${centre.restriction} ${client.publicKey}`];
    const sshd = stack.use(await startSshd({ authorizedKeys }));
    const relay = stack.use(await openRelay(sshd.port));
    const command = systemSsh(client, await client.to({ ...sshd, port: relay.port }));
    const sender = centre.watched(sshCommandSender({ command, timeoutMs: 20_000 }));
    return link(stack, { sender, receiver: centre.receiver, relay });
  });

  describeTransport("ssh that pulls", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const { path: dir } = stack.use(await makeTemporaryDirectory("outbox"));
    const sshd = stack.use(await startSshd({ authorizedKeys: [`restrict ${client.publicKey}`] }));
    const connection = await client.to(sshd);
    const receiver = sshReceiver(files, { connection, directory: dir, site });
    stack.defer(() => receiver.close());
    return link(stack, {
      sender: dropSender({ files: nodeFiles, random }, { dir, site }),
      receiver,
    });
  });
});

describe.skipIf(missing !== null || !isRoot)("ssh and a real sshd with a chroot", () => {
  describeTransport("ssh into a directory", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const { root, incoming } = await makeChroot(stack);
    const sshd = stack.use(
      await startSshd({
        authorizedKeys: [`restrict ${client.publicKey}`],
        lines: [`ChrootDirectory ${root}`, "ForceCommand internal-sftp"],
      }),
    );
    const relay = stack.use(await openRelay(sshd.port));
    const connection = await client.to({ ...sshd, port: relay.port, user: "nobody" });
    const sender = sshDirectorySender(files, random, { connection, directory: "/incoming", site });
    stack.defer(() => sender.close());
    return link(stack, {
      sender,
      receiver: dropReceiver(nodeFiles, { dir: incoming, site: null }),
      relay,
    });
  });
});

function link<Parts extends object>(stack: AsyncDisposableStack, parts: Parts) {
  return { ...parts, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** sshd takes no chroot under a directory that others may write to, as /tmp is. */
async function makeChroot(
  stack: AsyncDisposableStack,
): Promise<{ root: string; incoming: string }> {
  const root = await mkdtemp("/run/siteferry-chroot-");
  stack.defer(() => rm(root, { recursive: true }));
  await run("chmod", ["755", root]);
  const incoming = join(root, "incoming");
  await mkdir(incoming);
  const { stdout } = await run("id", ["-u", "nobody"]);
  await chown(incoming, Number(stdout), 0);
  return { root, incoming };
}
