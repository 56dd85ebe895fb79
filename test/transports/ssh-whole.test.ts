// Both agents with a real sshd between them, set up as docs/transports/ssh.md says.

import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import { freePort, makeFakeSite } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import { startSiteferry } from "../command-line.ts";
import { type Installation, install, readyForReceipts, reportOf } from "../installation.ts";
import { makeClient, sshSection } from "./ssh-ground.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const pretended = { hosts: 2, servicesPerHost: 3, seed: 1, clock: Date };

describe.skipIf(missingFor("sshd") !== null)("siteferry over ssh", () => {
  async function open() {
    const stack = new AsyncDisposableStack();
    const client = stack.use(await makeClient());
    const livestatus = `unix:${client.directory}/live`;
    const core = await serve(parseAddress(livestatus), makeFakeSite(pretended).source, {});
    stack.defer(() => core.close());
    const installation = stack.use(await install({ livestatus }));
    await readyForReceipts(installation);
    return { stack, client, installation, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }

  test("to a process at the centre, by ssh2 and by ssh, with a signed receipt", async () => {
    await using at = await open();
    const { client, installation } = at;
    const words = [process.execPath, bin, "receive", "--stdin", "remote1", "--config"];
    const command = `${words.join(" ")} ${installation.receiverYaml}`;
    const sshd = at.stack.use(
      await startSshd({ authorizedKeys: [`restrict,command="${command}" ${client.publicKey}`] }),
    );
    await sendBy(installation, await sshSection(client, sshd));
    expect(reportOf(await sentBy(installation))).toMatchObject({ waiting: 0 });
    expect(await readdir(`${installation.path}/spool/sender/outbox`)).toEqual([]);
    expect(reportOf(await installation.receive())).toMatchObject({ refused: 0, failed: 0 });
    const { knownHosts, port, key } = await client.to(sshd);
    const options = [`Port=${port}`, `UserKnownHostsFile=${knownHosts}`, `IdentityFile=${key}`];
    const own = [
      "ssh",
      "-F",
      "none",
      "-T",
      ...options.flatMap((option) => ["-o", option]),
      "127.0.0.1",
    ];
    await sendBy(installation, `{ command: ${JSON.stringify(own)} }`);
    expect(reportOf(await sentBy(installation))).toMatchObject({ waiting: 0 });
    expect(reportOf(await installation.receive())).toMatchObject({ refused: 0, failed: 0 });
    expect((await readdir(`${installation.objects}/live`)).join()).toContain(
      "siteferry-site-remote1.cfg",
    );
  });

  test("to the daemon's listener, through a login that can do nothing else", async () => {
    await using at = await open();
    const { client, installation } = at;
    const port = await freePort();
    const token = `${installation.path}/token`;
    await writeFile(token, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
    const permission = `port-forwarding,permitopen="127.0.0.1:${port}",permitlisten="127.0.0.1:1"`;
    const sshd = at.stack.use(
      await startSshd({
        authorizedKeys: [`restrict,${permission},command="/bin/false" ${client.publicKey}`],
      }),
    );
    const own = `tunnel: { port: ${port}, token: ${token} }`;
    await sendBy(installation, (await sshSection(client, sshd)).replace("{", `{ ${own},`));
    const early = await installation.send();
    expect(early.status).toBe(75);
    expect(early.stderr).toContain("nobody listens");

    const { receiverYaml } = installation;
    const yaml = await readFile(receiverYaml, "utf8");
    const listener = `http: { listen: "127.0.0.1:${port}", sites: { remote1: { token: ${token} } } }`;
    await writeFile(receiverYaml, yaml.replace(/- drop: .*/, `- ${listener}`));
    const daemon = startSiteferry(["receive", "--config", receiverYaml]);
    // It says so when it listens.
    await once(daemon.stderr!, "data");
    daemon.stderr!.resume();
    expect(reportOf(await sentBy(installation))).toMatchObject({ waiting: 0 });
    expect(await readdir(`${installation.path}/spool/sender/outbox`)).toEqual([]);
    daemon.kill("SIGTERM");
    expect(await once(daemon, "exit")).toEqual([0, null]);
    expect(reportOf(await installation.receive())).toMatchObject({ refused: 0, failed: 0 });
    expect((await readdir(`${installation.objects}/live`)).join()).toContain(
      "siteferry-site-remote1.cfg",
    );
  });

  test("a centre that doesn't know the site says so at the site", async () => {
    await using at = await open();
    const { client, installation } = at;
    const words = [process.execPath, bin, "receive", "--stdin", "remote2", "--config"];
    const command = `${words.join(" ")} ${installation.receiverYaml}`;
    const sshd = at.stack.use(
      await startSshd({ authorizedKeys: [`restrict,command="${command}" ${client.publicKey}`] }),
    );
    await sendBy(installation, await sshSection(client, sshd));
    const { status, stderr } = await installation.send();
    expect(status).toBe(75);
    expect(stderr).toContain("status 78");
    expect(stderr).toContain('no site \\"remote2\\"');
  });

  test("the centre fetches, and removes what it has", async () => {
    await using at = await open();
    const { client, installation } = at;
    const sshd = at.stack.use(
      await startSshd({ authorizedKeys: [`restrict ${client.publicKey}`] }),
    );
    const yaml = await readFile(installation.receiverYaml, "utf8");
    const own = `site: remote1, directory: ${installation.link}`;
    const text = (await sshSection(client, sshd)).replace("{", `{ ${own},`);
    await writeFile(installation.receiverYaml, yaml.replace(/- drop: .*/, `- ssh: ${text}`));
    expect((await installation.send()).status).toBe(0);
    expect(await readdir(installation.link)).not.toEqual([]);
    expect(reportOf(await installation.receive())).toMatchObject({
      taken: 2,
      refused: 0,
      failed: 0,
    });
    expect(await readdir(installation.link)).toEqual([]);
  });
});

/** In place of whatever it sent by before. */
async function sendBy({ senderYaml }: Installation, ssh: string): Promise<void> {
  const yaml = await readFile(senderYaml, "utf8");
  await writeFile(senderYaml, yaml.replace(/- (drop|ssh): .*/, `- ssh: ${ssh}`));
}

async function sentBy(installation: Installation) {
  const run = await installation.send();
  expect(run.status, run.stderr).toBe(0);
  return run;
}
