// ssh against a real sshd: the contract, in all the ways.

import { execFile } from "node:child_process";
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory, openRelay, type Relay } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe } from "vitest";
import {
  dropReceiver,
  dropSender,
  type SendingTransport,
  sshCommandSender,
  sshDirectorySender,
  sshExecSender,
  sshReceiver,
} from "@siteferry/carry";
import { describeTransport } from "@siteferry/carry/transport-contract";
import { describeFaults, type LinkWithLine } from "@siteferry/carry/line-contract";
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
const patienceMs = 20_000;
const missing = missingFor("sshd");
const isRoot = userInfo().uid === 0;
if (!isRoot) process.stderr.write("Left out: SFTP into a chroot; only root's sshd can do that\n");

describe.skipIf(missing !== null)("ssh and a real sshd", () => {
  describeWithLine("ssh by exec", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const centre = stack.use(await openTakingCentre());
    const authorizedKeys = [`${centre.restriction} ${client.publicKey}`];
    const sshd = stack.use(await startSshd({ authorizedKeys }));
    const relay = stack.use(await openRelay(sshd.port));
    const sending = async (port: number, timeoutMs: number) => {
      const connection = await client.to({ ...sshd, port }, { timeoutMs });
      return centre.watched(sshExecSender(files, { connection, site }));
    };
    return await pushing(stack, centre.receiver, relay, sending);
  });

  describeWithLine("ssh by the system's ssh", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const centre = stack.use(await openTakingCentre());
    const authorizedKeys = [`${centre.restriction} ${client.publicKey}`];
    const sshd = stack.use(await startSshd({ authorizedKeys }));
    const relay = stack.use(await openRelay(sshd.port));
    const sending = async (port: number, timeoutMs: number) => {
      const command = systemSsh(client, await client.to({ ...sshd, port }));
      return centre.watched(sshCommandSender({ command, timeoutMs }));
    };
    return await pushing(stack, centre.receiver, relay, sending);
  });

  describeWithLine("ssh that pulls", async () => {
    const stack = together();
    const client = stack.use(await makeClient());
    const { path: dir } = stack.use(await makeTemporaryDirectory("outbox"));
    const sshd = stack.use(await startSshd({ authorizedKeys: [`restrict ${client.publicKey}`] }));
    const line = stack.use(await openRelay(sshd.port));
    const fetching = async (port: number, timeoutMs: number) => {
      const connection = await client.to({ ...sshd, port }, { timeoutMs });
      return sshReceiver(files, { connection, directory: dir, site });
    };
    const receiver = await fetching(line.port, patienceMs);
    stack.defer(() => receiver.close());
    return {
      sender: dropSender({ files: nodeFiles, random }, { dir, site }),
      receiver,
      line,
      dial: async (port, timeoutMs) => ({
        kind: "fetches",
        transport: await fetching(port, timeoutMs),
      }),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  });
});

describe.skipIf(missing !== null || !isRoot)("ssh and a real sshd with a chroot", () => {
  describeWithLine("ssh into a directory", async () => {
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
    const sending = async (port: number, timeoutMs: number) => {
      const connection = await client.to({ ...sshd, port, user: "nobody" }, { timeoutMs });
      return sshDirectorySender(files, random, { connection, directory: "/incoming", site });
    };
    const receiver = dropReceiver(nodeFiles, { dir: incoming, site: null });
    return await pushing(stack, receiver, relay, sending);
  });
});

/** The contract, and what a bad line does. */
function describeWithLine(transport: string, open: () => Promise<LinkWithLine>): void {
  describeTransport(transport, open);
  describeFaults(transport, open);
}

/** A link whose site opens the connections, through the relay. */
async function pushing(
  stack: AsyncDisposableStack,
  receiver: LinkWithLine["receiver"],
  relay: Relay,
  sending: (port: number, timeoutMs: number) => Promise<SendingTransport>,
): Promise<LinkWithLine> {
  const sender = await sending(relay.port, patienceMs);
  stack.defer(() => sender.close());
  return {
    sender,
    receiver,
    relay,
    line: relay,
    dial: async (port, timeoutMs) => ({ kind: "sends", transport: await sending(port, timeoutMs) }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
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
