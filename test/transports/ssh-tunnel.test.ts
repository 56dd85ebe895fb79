// ssh to the centre's http listener, through a real sshd and the real listener: the contract, bad lines,
// and what such a login may and may not do.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Door, type SendingTransport, sshExecSender, sshTunnelSender } from "@siteferry/carry";
import { Busy } from "@siteferry/carry/contract";
import { describeFaults, type LinkWithLine } from "@siteferry/carry/line-contract";
import { startListener } from "@siteferry/carry/test-http";
import { describeTransport, testDoor } from "@siteferry/carry/transport-contract";
import { limits, Refusal, type SiteId } from "@siteferry/model";
import { freePort, makeTemporaryDirectory, openRelay } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import {
  bundle,
  type Client as Login,
  files,
  makeClient,
  site,
  systemSsh,
  together,
} from "./ssh-ground.ts";

const missing = missingFor("sshd");
const isRoot = userInfo().uid === 0;
const token = "0123456789abcdef0123456789abcdef";
const receipt = Buffer.from("receipt\n");
const remote2 = "remote2" as SiteId;
const access = new Map([site, remote2].map((id) => [id, { token, certificate: null }]));

/** As docs/transports/ssh.md has it: what stands in front of the key, and in sshd_config. */
interface Setting {
  readonly restriction: string;
  readonly lines: readonly string[];
}

const byKey = (port: number): Setting => ({
  restriction: `restrict,port-forwarding,permitopen="127.0.0.1:${port}",permitlisten="127.0.0.1:1",command="/bin/false"`,
  lines: [],
});

const byMatch = (port: number): Setting => ({
  restriction: "restrict,port-forwarding",
  lines: [
    `Match User ${userInfo().username}`,
    "AllowTcpForwarding local",
    `PermitOpen 127.0.0.1:${port}`,
    "ForceCommand /bin/false",
  ],
});

interface Ground extends AsyncDisposable {
  readonly stack: AsyncDisposableStack;
  readonly client: Login;
  readonly sshd: Awaited<ReturnType<typeof startSshd>>;
  readonly port: number;
  readonly closeListener: () => Promise<void>;
  /** To a port on loopback, by default sshd's own. */
  sending(sshdPort?: number, timeoutMs?: number, own?: SiteId): Promise<SendingTransport>;
}

async function openGround(door: Door, setting = byKey): Promise<Ground> {
  const stack = together();
  const client = stack.use(await makeClient());
  const listener = await startListener(door, { access });
  stack.defer(() => listener.close());
  const { port } = listener;
  const { restriction, lines } = setting(port);
  const authorizedKeys = [`${restriction} ${client.publicKey}`];
  const sshd = stack.use(await startSshd({ authorizedKeys, lines }));
  const tokenFile = join(client.directory, "token");
  await writeFile(tokenFile, token);
  return {
    stack,
    client,
    sshd,
    port,
    closeListener: () => listener.close(),
    async sending(sshdPort = sshd.port, timeoutMs = 20_000, own = site) {
      const connection = await client.to({ ...sshd, port: sshdPort }, { timeoutMs });
      const tunnel = { port, token: tokenFile };
      const sender = sshTunnelSender(files, { connection, tunnel, site: own });
      stack.defer(() => sender.close());
      return sender;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The link of the contract: the sender → relay → sshd → listener → a door on a directory. */
async function openLink(): Promise<LinkWithLine> {
  const { path, remove } = await makeTemporaryDirectory("tunnel");
  const names = new Map<string, string>();
  const keyOf = (content: Uint8Array): string => Buffer.from(content).toString("base64");
  const { door, receiver } = testDoor(path, (content) => names.get(keyOf(content))!);
  const ground = await openGround(door);
  ground.stack.defer(remove);
  const relay = ground.stack.use(await openRelay(ground.sshd.port));
  const sending = async (port: number, timeoutMs: number): Promise<SendingTransport> => {
    const first = await ground.sending(port, timeoutMs);
    const second = await ground.sending(port, timeoutMs, remote2);
    return {
      ...first,
      // The door is told no name: of a test's bundles the content has to say it.
      async send(sent) {
        names.set(keyOf(sent.content), sent.name);
        return await (sent.name.startsWith(remote2) ? second : first).send(sent);
      },
    };
  };
  return {
    sender: await sending(relay.port, 20_000),
    receiver,
    relay,
    line: relay,
    dial: async (port, timeoutMs) => ({ kind: "sends", transport: await sending(port, timeoutMs) }),
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  };
}

describe.skipIf(missing !== null)("ssh to the http listener, and a real sshd", () => {
  describeTransport("ssh through a tunnel", openLink);
  describeFaults("ssh through a tunnel", openLink);
});

async function failing(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe.skipIf(missing !== null)("through the tunnel", () => {
  test("one login does for many bundles, the largest too, and another follows when the line is gone", async () => {
    const sizes: number[] = [];
    await using at = await openGround(async ({ content }) => {
      sizes.push(content.length);
      return receipt;
    });
    const relay = at.stack.use(await openRelay(at.sshd.port));
    const sender = await at.sending(relay.port);
    const largest = Buffer.alloc(limits.bundleBytesMax);
    for (const content of [bundle.content, largest, bundle.content]) {
      expect(await sender.send({ ...bundle, content })).toEqual(receipt);
    }
    expect(sizes).toEqual([7, limits.bundleBytesMax, 7]);
    const logins = async (): Promise<number> =>
      (await at.sshd.log()).split("Accepted publickey").length - 1;
    expect(await logins()).toBe(1);
    // Without a word to the client before it sends again.
    relay.mend();
    expect(await sender.send(bundle)).toEqual(receipt);
    expect(await logins()).toBe(2);
  });

  test("what the listener says keeps its kind, and the login is used on", async () => {
    let answer: () => Promise<Uint8Array | null> = async () => null;
    await using at = await openGround(() => answer());
    const sender = await at.sending();
    expect(await sender.send(bundle)).toBeNull();
    const says = async (error: Error): Promise<unknown> => {
      answer = async () => {
        throw error;
      };
      return await failing(sender.send(bundle));
    };
    expect(await says(new Busy("full", 7_000))).toMatchObject({
      code: "receiver-busy",
      retryAfterMs: 7_000,
    });
    const refused = await says(new Refusal("key-unknown", "no such key"));
    expect(refused).toMatchObject({ code: "centre-refused", kind: "refused" });
    expect(String(refused)).toContain(`to http://127.0.0.1:${at.port} answers 422`);
    await writeFile(join(at.client.directory, "token"), "x".repeat(32));
    expect(await failing(sender.send(bundle))).toMatchObject({ code: "login-refused" });
    expect((await at.sshd.log()).split("Accepted publickey")).toHaveLength(2);
  });

  test("a listener that is gone and one that is silent are told apart", async () => {
    await using at = await openGround(async () => receipt);
    const sender = await at.sending();
    await at.closeListener();
    const gone = await failing(sender.send(bundle));
    expect(gone).toMatchObject({ code: "link-unreachable", kind: "transient" });
    expect(String(gone)).toContain("nobody listens");
    const silent = createServer(() => {});
    silent.listen(at.port, "127.0.0.1");
    await once(silent, "listening");
    at.stack.defer(() => void silent.close());
    const hasty = await at.sending(at.sshd.port, 3_000);
    expect(await failing(hasty.send(bundle))).toMatchObject({ code: "link-timeout" });
  });

  test("an unknown host key and a key that isn't authorized are refused before anything is sent", async () => {
    await using at = await openGround(async () => receipt);
    const tunnel = { port: at.port, token: join(at.client.directory, "token") };
    const send = async (login: Login, hostKeys: readonly string[]): Promise<unknown> => {
      const connection = await login.to({ ...at.sshd, hostKeys });
      const sender = sshTunnelSender(files, { connection, tunnel, site });
      at.stack.defer(() => sender.close());
      return await failing(sender.send(bundle));
    };
    expect(await send(at.client, [])).toMatchObject({ code: "peer-unknown" });
    const stranger = at.stack.use(await makeClient());
    expect(await send(stranger, at.sshd.hostKeys)).toMatchObject({ code: "login-refused" });
  });

  test.each([
    ["authorized_keys", byKey],
    ["sshd_config", byMatch],
  ])("by %s: the login runs no command, and opens no other port at the centre", async (_, set) => {
    await using at = await openGround(async () => receipt, set);
    expect(await (await at.sending()).send(bundle)).toEqual(receipt);
    const connection = await at.client.to(at.sshd, { timeoutMs: 60_000 });
    const exec = sshExecSender(files, { connection, site });
    at.stack.defer(() => exec.close());
    expect(await failing(exec.send(bundle))).toMatchObject({ code: "link-protocol" });
    const tunnel = { port: await freePort(), token: join(at.client.directory, "token") };
    const other = sshTunnelSender(files, { connection, tunnel, site });
    at.stack.defer(() => other.close());
    const prohibited = await failing(other.send(bundle));
    expect(prohibited).toMatchObject({ code: "login-refused" });
    expect(String(prohibited)).toContain("sshd doesn't let this login");
    // A port that another site's tunnel might lead to, while the receiver is down.
    const [program = "", ...words] = systemSsh(at.client, connection);
    const forward = `127.0.0.1:${await freePort()}:127.0.0.1:1`;
    const options = ["-N", "-o", "ExitOnForwardFailure=yes", "-R", forward];
    const listening = await failing(promisify(execFile)(program, [...options, ...words]));
    expect((listening as { stderr: string }).stderr).toContain("forwarding failed");
  });

  test.skipIf(!isRoot)("a user without a shell does", async () => {
    await using at = await openGround(async () => receipt);
    const connection = await at.client.to({ ...at.sshd, user: "nobody" });
    const tunnel = { port: at.port, token: join(at.client.directory, "token") };
    const sender = sshTunnelSender(files, { connection, tunnel, site });
    at.stack.defer(() => sender.close());
    expect(await sender.send(bundle)).toEqual(receipt);
    expect((await at.sshd.log()).match(/Accepted publickey for nobody/g)).toHaveLength(1);
  });
});
