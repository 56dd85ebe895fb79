// Whom ssh believes, and who may log in: against a real sshd.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { missingFor } from "@siteferry/testkit/cores";
import { makeSshKey, type SshKeyType, startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test, vi } from "vitest";
import { type SendingTransport, type SshConnection, sshExecSender } from "@siteferry/carry";
import { bundle, files, makeClient, openCentre, receiptOf, site, together } from "./ssh-ground.ts";

const run = promisify(execFile);
const missing = missingFor("sshd");

describe.skipIf(missing !== null)("whom ssh believes", () => {
  /** A server that answers with a receipt, a client that may log in, and how it sends. */
  async function open(options: { types?: readonly SshKeyType[]; passphrase?: string } = {}) {
    const stack = together();
    const client = stack.use(await makeClient("ed25519", options.passphrase));
    const centre = stack.use(await openCentre(receiptOf));
    const authorizedKeys = [`${centre.restriction} ${client.publicKey}`];
    const hostKeys = options.types ?? ["ed25519"];
    const sshd = stack.use(await startSshd({ authorizedKeys, hostKeys }));
    const senderFor = (connection: SshConnection): SendingTransport => {
      const sender = sshExecSender(files, { connection, site });
      stack.defer(() => sender.close());
      return sender;
    };
    return {
      stack,
      client,
      centre,
      sshd,
      async send(connection: SshConnection) {
        return String(await senderFor(connection).send(bundle));
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }

  test("a host without a line, with another key, or with a revoked one: nothing is sent", async () => {
    await using at = await open();
    const { client, sshd, centre } = at;
    const other = await makeSshKey(join(client.directory, "other"));
    const unknown = { code: "peer-unknown", kind: "configuration" };
    const stranger = await client.to({ ...sshd, hostKeys: [] });
    await expect(at.send(stranger)).rejects.toMatchObject(unknown);
    await expect(at.send(stranger)).rejects.toThrow(`has no line for [127.0.0.1]:${sshd.port}`);
    const changed = await client.to({ ...sshd, hostKeys: [other] });
    await expect(at.send(changed)).rejects.toMatchObject(unknown);
    await expect(at.send(changed)).rejects.toThrow("it has changed, or somebody else answers");
    const revoked = await client.to(sshd);
    await appendFile(revoked.knownHosts, `@revoked * ${sshd.hostKeys[0]}\n`);
    await expect(at.send(revoked)).rejects.toMatchObject(unknown);
    await expect(at.send(revoked)).rejects.toThrow("is revoked in");
    expect(centre.visits.begun).toBe(0);
    expect(await at.send(await client.to(sshd))).toBe("receipt\n");
  });

  test("of a server's several keys the known one is asked for, whichever it is", async () => {
    await using at = await open({ types: ["rsa", "ecdsa", "ed25519"] });
    for (const hostKey of at.sshd.hostKeys) {
      const connection = await at.client.to({ ...at.sshd, hostKeys: [hostKey] });
      expect(await at.send(connection), hostKey.slice(0, 12)).toBe("receipt\n");
    }
    const [rsa, , ed25519] = at.sshd.hostKeys;
    const connection = await at.client.to({ ...at.sshd, hostKeys: [rsa!] });
    await appendFile(connection.knownHosts, `@revoked * ${rsa}\n[127.0.0.1]:1 ${ed25519}\n`);
    await expect(at.send(connection)).rejects.toMatchObject({ code: "peer-unknown" });
  });

  test("known_hosts as ssh-keyscan and ssh-keygen -H write it", async () => {
    await using at = await open();
    const { sshd, client } = at;
    const { stdout } = await run("ssh-keyscan", ["-p", String(sshd.port), "127.0.0.1"]);
    const connection = await client.to(sshd);
    await writeFile(connection.knownHosts, stdout);
    expect(await at.send(connection)).toBe("receipt\n");
    await run("ssh-keygen", ["-q", "-H", "-f", connection.knownHosts]);
    expect(await readFile(connection.knownHosts, "utf8")).toMatch(/^\|1\|/m);
    expect(await at.send(connection)).toBe("receipt\n");
  });

  test("a key that isn't the centre's is refused, one with a passphrase opened", async () => {
    await using at = await open({ passphrase: "open sesame" });
    const { client, sshd } = at;
    const passphrase = join(client.directory, "passphrase");
    await writeFile(passphrase, "open sesame\n");
    expect(await at.send(await client.to(sshd, { passphrase }))).toBe("receipt\n");
    await writeFile(passphrase, "wrong\n");
    for (const change of [{ passphrase }, {}]) {
      await expect(at.send(await client.to(sshd, change))).rejects.toMatchObject({
        code: "key-unusable",
      });
    }
    const key = join(client.directory, "stranger");
    await makeSshKey(key);
    await expect(at.send(await client.to(sshd, { key }))).rejects.toMatchObject({
      code: "login-refused",
      kind: "configuration",
    });
  });

  test("the agent's keys, and an agent that isn't there", async () => {
    await using at = await open();
    const { client, sshd, stack } = at;
    const socket = join(client.directory, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
    stack.defer(() => void agent.kill());
    await once(agent.stdout, "data");
    vi.stubEnv("SSH_AUTH_SOCK", socket);
    stack.defer(() => void vi.unstubAllEnvs());
    const connection = await client.to(sshd, { key: undefined, agent: true });
    await expect(at.send(connection)).rejects.toMatchObject({ code: "login-refused" });
    await run("ssh-add", ["-q", client.key]);
    expect(await at.send(connection)).toBe("receipt\n");
    for (const path of [join(client.directory, "no"), ""]) {
      vi.stubEnv("SSH_AUTH_SOCK", path);
      await expect(at.send(connection)).rejects.toMatchObject({ code: "login-refused" });
    }
  });

  test("through a jump host, both of them known", async () => {
    await using at = await open();
    const { client, sshd, stack, centre } = at;
    const only = `restrict,port-forwarding,permitopen="127.0.0.1:${sshd.port}"`;
    const authorizedKeys = [`${only} ${client.publicKey}`];
    const gate = stack.use(await startSshd({ authorizedKeys }));
    const jump = await client.to(gate);
    expect(await at.send(await client.to(sshd, { jump }))).toBe("receipt\n");
    const stranger = await client.to({ ...gate, hostKeys: sshd.hostKeys });
    await expect(at.send(await client.to(sshd, { jump: stranger }))).rejects.toMatchObject({
      code: "peer-unknown",
    });
    const inner = await client.to({ ...sshd, hostKeys: gate.hostKeys }, { jump });
    await expect(at.send(inner)).rejects.toMatchObject({ code: "peer-unknown" });
    const elsewhere = await client.to(gate, { jump });
    await expect(at.send(elsewhere)).rejects.toThrow(/on|prohibited/);
    expect(centre.visits.begun).toBe(1);
  });
});
