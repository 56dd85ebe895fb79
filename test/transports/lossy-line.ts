// What the test of a line that loses packets runs behind it, in a network namespace: both ends of ssh and
// of http. Says of each whether a bundle of 2 MB came through as it was.

import { randomBytes } from "node:crypto";
import { sshExecSender, type SendingTransport } from "@siteferry/carry";
import { remote1, senderTo, startListener, token } from "@siteferry/carry/test-http";
import { FerryError } from "@siteferry/model";
import { startSshd } from "@siteferry/testkit/servers";
import { files, makeClient, name, openCentre, site, together } from "./ssh-ground.ts";

const content = randomBytes(2_000_000);
const receipt = "receipt\n";
/** A line whose retries have become rare is given up for a new one. */
const timeoutMs = 15_000;
let arrived: Uint8Array = new Uint8Array();

/** Tries again as the sender's daemon does. */
async function sendThrough(link: string, sender: SendingTransport): Promise<void> {
  arrived = new Uint8Array();
  for (let attempts = 1; ; attempts++) {
    try {
      const answer = await sender.send({ name, content });
      const isWhole = Buffer.compare(arrived, content) === 0;
      const isReceipt = Buffer.from(answer ?? "").toString() === receipt;
      process.stdout.write(`${link}: ${isWhole && isReceipt ? "whole" : "spoilt"}\n`);
      return;
    } catch (error) {
      const isWorthIt = error instanceof FerryError && error.kind === "transient" && attempts < 10;
      if (!isWorthIt) throw error;
    }
  }
}

// Who is asked to end takes his sshd along.
process.once("SIGTERM", () => process.exit(1));
await using stack = together();
const client = stack.use(await makeClient());
const centre = stack.use(
  await openCentre(async (bundle) => {
    arrived = bundle;
    return { status: 0, text: receipt };
  }),
);
const sshd = stack.use(
  await startSshd({ authorizedKeys: [`${centre.restriction} ${client.publicKey}`] }),
);
const connection = await client.to(sshd, { timeoutMs });
const bySsh = sshExecSender(files, { connection, site });
stack.defer(() => bySsh.close());
await sendThrough("ssh", bySsh);

const listener = stack.use(
  await startListener(async ({ content: bundle }) => {
    arrived = bundle;
    return Buffer.from(receipt);
  }),
);
const address = `http://127.0.0.1:${listener.port}`;
const own = { token: token(remote1) };
await sendThrough("http", stack.use(senderTo(address, remote1, own, { timeoutMs })));
