// What the centre says over ssh, and what a bad line does: against a real sshd.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { openRelay } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import { sshCommandSender, sshExecSender } from "@siteferry/carry";
import {
  type Answer,
  bundle,
  files,
  makeClient,
  openCentre,
  receiptOf,
  site,
  systemSsh,
  together,
} from "./ssh-ground.ts";

const missing = missingFor("sshd");

describe.skipIf(missing !== null)("what the centre says over ssh", () => {
  const answers = [
    [
      { status: 75, text: "busy\u001b[31m\n" },
      { code: "receiver-busy", kind: "transient" },
      "busy\\x1b[31m",
    ],
    [{ status: 76, text: "no key\n" }, { code: "centre-refused", kind: "refused" }, "no key"],
    [
      { status: 78, text: "no site" },
      { code: "link-protocol", kind: "transient" },
      "status 78: no site",
    ],
    [
      { status: 0, text: "x".repeat(5000) },
      { code: "link-protocol", kind: "transient" },
      "4096 bytes",
    ],
  ] as const;

  test("busy, refused, misconfigured and talkative are told apart, by ssh2 and by ssh", async () => {
    let next: Answer = answers[0][0];
    await using stack = together();
    const client = stack.use(await makeClient());
    const centre = stack.use(await openCentre(async () => next));
    const sshd = stack.use(
      await startSshd({ authorizedKeys: [`${centre.restriction} ${client.publicKey}`] }),
    );
    const connection = await client.to(sshd);
    const senders = [
      sshExecSender(files, { connection, site }),
      sshCommandSender({ command: systemSsh(client, connection), timeoutMs: 20_000 }),
    ];
    for (const sender of senders) {
      stack.defer(() => sender.close());
      for (const [answer, failure, words] of answers) {
        next = answer;
        await expect(sender.send(bundle)).rejects.toMatchObject(failure);
        await expect(sender.send(bundle)).rejects.toThrow(words);
      }
      next = { status: 0, text: "" };
      expect(await sender.send(bundle)).toBeNull();
    }
    const stranger = await client.to({ ...sshd, hostKeys: [] });
    const lost = sshCommandSender({ command: systemSsh(client, stranger), timeoutMs: 20_000 });
    await expect(lost.send(bundle)).rejects.toMatchObject({ code: "link-unreachable" });
    await expect(lost.send(bundle)).rejects.toThrow("Host key verification failed");
    const nothing = sshCommandSender({ command: ["/no/ssh"], timeoutMs: 20_000 });
    await expect(nothing.send(bundle)).rejects.toThrow("ENOENT");
  });
});

describe.skipIf(missing !== null)("a bad line under ssh", () => {
  /** A receiver that answers when it is told to. */
  async function open(timeoutMs: number) {
    const stack = together();
    const client = stack.use(await makeClient());
    const state = { answers: true };
    const centre = stack.use(
      await openCentre(async () =>
        state.answers ? receiptOf() : await new Promise<Answer>(() => {}),
      ),
    );
    const sshd = stack.use(
      await startSshd({ authorizedKeys: [`${centre.restriction} ${client.publicKey}`] }),
    );
    const relay = stack.use(await openRelay(sshd.port));
    const connection = await client.to({ ...sshd, port: relay.port }, { timeoutMs });
    const sender = sshExecSender(files, { connection, site });
    stack.defer(() => sender.close());
    return {
      stack,
      client,
      centre,
      sshd,
      relay,
      sender,
      state,
      connection,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }
  const late = { code: "link-timeout", kind: "transient" };

  test("nobody at the port, or one that never speaks", async () => {
    await using at = await open(500);
    const deaf = createServer();
    deaf.listen(0, "127.0.0.1");
    await once(deaf, "listening");
    at.stack.defer(() => void deaf.close());
    const { port } = deaf.address() as AddressInfo;
    const connection = await at.client.to({ ...at.sshd, port }, { timeoutMs: 500 });
    await expect(sshExecSender(files, { connection, site }).send(bundle)).rejects.toMatchObject(
      late,
    );
    await at.sshd.stop();
    const direct = await at.client.to(at.sshd);
    await expect(
      sshExecSender(files, { connection: direct, site }).send(bundle),
    ).rejects.toMatchObject({ code: "link-unreachable", kind: "transient" });
  });

  test("a line that stalls, before the login and after it, and a receiver that never answers", async () => {
    // Long enough for a login on a busy machine.
    await using at = await open(6000);
    expect(String(await at.sender.send(bundle))).toBe("receipt\n");
    at.relay.stall();
    const { client, connection } = at;
    const own = sshCommandSender({ command: systemSsh(client, connection), timeoutMs: 500 });
    await Promise.all([
      expect(at.sender.send(bundle)).rejects.toMatchObject(late),
      expect(own.send(bundle)).rejects.toMatchObject(late),
    ]);
    at.relay.mend();
    at.state.answers = false;
    await expect(at.sender.send(bundle)).rejects.toMatchObject(late);
    expect(at.centre.visits).toEqual({ begun: 2, answered: 1 });
    at.state.answers = true;
    expect(String(await at.sender.send(bundle))).toBe("receipt\n");
  });

  test("one login for many bundles, and another when the line is gone", async () => {
    await using at = await open(20_000);
    const logins = async (): Promise<number> =>
      (await at.sshd.log()).split("Accepted publickey").length - 1;
    for (let count = 0; count < 5; count++) await at.sender.send(bundle);
    expect(await logins()).toBe(1);
    // Without a word to the client before it sends again.
    at.relay.mend();
    await at.sender.send(bundle);
    expect(await logins()).toBe(2);
    await at.sshd.stop();
    await at.sshd.start();
    await at.sender.send(bundle);
    expect(at.centre.visits.answered).toBe(7);
  });
});
