// No secret of an operator's is ever said: not in logs, answers, states, files or the process list.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { senderSchema } from "@siteferry/sender";
import { receiverSchema } from "@siteferry/receiver";
import { parseSettings } from "@siteferry/agent";
import { parseAddress, serve } from "@siteferry/livestatus";
import {
  freePort,
  makeCertificate,
  makeFakeSite,
  makeTemporaryDirectory,
} from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { startSshd } from "@siteferry/testkit/servers";
import { describe, expect, test } from "vitest";
import { siteferry, startSiteferry } from "../command-line.ts";
import { openGround, Person } from "../transports/mail-ground.ts";
import { makeClient } from "../transports/ssh-ground.ts";
import { echoingImap, echoingPop3, echoingSmtp, echoingWeb } from "./echoing-servers.ts";
import { Planted } from "./planted.ts";

const bin = fileURLToPath(import.meta.resolve("@siteferry/cli"));
const missing = ["sshd", "postfix", "dovecot", "openssl", "strace"] as const;
const isLeftOut = missing.some((one) => missingFor(one) !== null) || process.getuid?.() !== 0;
if (isLeftOut)
  process.stderr.write("Left out: the tests of secrets, which need root and servers\n");

/** All that was said to anybody, by what said it. */
class Said {
  readonly all = new Map<string, string>();
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(what: string, text: string): void {
    // Also of what was run twice.
    this.all.set(`${this.all.size} ${what}`, text);
  }

  async run(words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await siteferry(words);
    this.add(`${words.join(" ")} (${status})`, stdout + stderr);
    return stdout + stderr;
  }

  /** Runs it with all in sight that programs are called with, and what stands in their environments. */
  async runSeen(
    words: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<string> {
    const calls = `${this.#directory}/calls-${this.all.size}`;
    const traced = ["-f", "-qq", "--seccomp-bpf", "-e", "trace=execve", "-v", "-s", "65536"];
    const child = spawn("strace", [...traced, "-o", calls, process.execPath, bin, ...words], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    }
    const [status] = (await once(child, "close")) as [number];
    this.add(`${words.join(" ")} (${status})`, text);
    // What the operator put into the environment is in that of our children, too.
    const list = await readFile(calls, "utf8");
    if (!list.includes("execve(")) throw new Error(`strace saw nothing of ${words.join(" ")}`);
    const own = Object.values(environment).reduce(
      (left, value) => left.replaceAll(value, ""),
      list,
    );
    this.add(`process list of ${words.join(" ")}`, own);
    return text;
  }
}

interface Ground extends AsyncDisposable {
  readonly stack: AsyncDisposableStack;
  readonly planted: Planted;
  readonly said: Said;
  readonly directory: string;
  at(name: string): string;
  /** Writes a settings file, and returns its path. */
  settings(name: string, text: string): Promise<string>;
}

/** A site with a core, and the keys of both sides. */
async function openSite(): Promise<Ground> {
  const stack = new AsyncDisposableStack();
  const directory = await makeTemporaryDirectory("secrets");
  stack.defer(() => directory.remove());
  const logs = await makeTemporaryDirectory("said");
  stack.defer(() => logs.remove());
  const at = (name: string): string => `${directory.path}/${name}`;
  for (const name of ["out", "checkresults", "objects"]) await mkdir(at(name));
  const fake = makeFakeSite({ hosts: 2, servicesPerHost: 2, seed: 1, clock: Date });
  const core = await serve(parseAddress(`unix:${at("live")}`), fake.source, {});
  stack.defer(() => core.close());
  const planted = new Planted(directory.path);
  const said = new Said(logs.path);
  for (const [name, list] of [
    ["remote1", "allowed_signers"],
    ["central", "centre_keys"],
  ]) {
    const made = await said.run(["keygen", at(`${name}.key`), "--comment", name!]);
    await writeFile(
      at(list!),
      made.split("\n").findLast((line) => line.includes("ssh-ed25519"))!,
    );
    await planted.key(at(`${name}.key`));
  }
  await said.run(["keygen", "--age", at("age.key")]);
  await planted.key(at("age.key"));
  const settings = async (name: string, text: string): Promise<string> => {
    await writeFile(at(name), text);
    return at(name);
  };
  return {
    stack,
    planted,
    said,
    directory: directory.path,
    at,
    settings,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const recipientIn = (text: string): string => /age1[a-z0-9]{58}/.exec(text)![0];

/** What said which secret. */
async function leaks({ said, planted }: Ground): Promise<readonly string[]> {
  const spoken = [...said.all].flatMap(([what, text]) =>
    planted.in(text).map((name) => `${what}: ${name}`),
  );
  return [...spoken, ...(await planted.inFiles())];
}

describe.skipIf(isLeftOut)("no secret is said", () => {
  test("where all goes well: by http, ssh and mail, encrypted, and in every answer about it", async () => {
    await using ground = await openSite();
    const { at, directory, planted, said, stack, settings } = ground;
    const mail = stack.use(await openGround());
    const person = await Person.arrive(mail);
    const { password, certificate: mailCertificate, ports } = mail.dovecot;
    await planted.file("mail.password", { secret: password, user: person.address });
    const mailLogin = (port: number, tls: string): string =>
      `{ host: 127.0.0.1, port: ${port}, tls: ${tls}, user: ${person.address}, password: ${at("mail.password")}, ca: ${mailCertificate.certPath} }`;
    const passphrase = (await readFile(await planted.file("passphrase"), "utf8")).trimEnd();
    const client = stack.use(await makeClient("ed25519", passphrase));
    const sshd = stack.use(await startSshd({ authorizedKeys: [`restrict ${client.publicKey}`] }));
    const { knownHosts } = await client.to(sshd);
    await planted.key(client.key);
    const ssh = `directory: ${at("out")}, host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user}, key: ${client.key}, passphrase: ${at("passphrase")}, knownHosts: ${knownHosts}`;
    const certificate = await makeCertificate(directory, "centre");
    await planted.key(certificate.keyPath);
    const token = await planted.token("token");
    const [port, pagePort] = [await freePort(), await freePort()];
    const sender = await settings(
      "sender.yaml",
      `site: remote1
centre: central
livestatus: unix:${at("live")}
key: ${at("remote1.key")}
encryptTo: [${recipientIn(await readFile(at("age.key"), "utf8"))}]
centreKeys: ${at("centre_keys")}
spool: ${at("spool")}
transports:
  - http: { url: "https://127.0.0.1:${port}", token: ${token}, ca: ${certificate.certPath}, proxy: none }
  - ssh: { ${ssh} }
  - mail: { to: ${person.address}, from: remote1@site.test.example, smtp: ${mailLogin(mail.postfix.ports.smtp, "starttls")} }
`,
    );
    const receiver = await settings(
      "receiver.yaml",
      `centre: central
key: ${at("central.key")}
identity: ${at("age.key")}
allowedSigners: ${at("allowed_signers")}
spool: ${at("spool")}
page: { listen: "127.0.0.1:${pagePort}" }
sites: { remote1: { encrypted: true, objects: { autoApprove: true } } }
transports:
  - http: { listen: "127.0.0.1:${port}", cert: ${certificate.certPath}, key: ${certificate.keyPath}, sites: { remote1: { token: ${token} } } }
  - mail: { imap: ${mailLogin(ports.imap, "starttls")} }
  - mail: { pop3: ${mailLogin(ports.pop3s, "tls")} }
  - ssh: { site: remote1, ${ssh} }
targets:
  - objects: { dir: ${at("objects")}, core: nagios }
  - checkresults: { dir: ${at("checkresults")}, core: nagios }
`,
    );

    const daemon = startSiteferry(["receive", "--config", receiver, "--verbose"]);
    let log = "";
    daemon.stderr!.setEncoding("utf8").on("data", (piece: string) => (log += piece));
    const exit = once(daemon, "exit");
    stack.defer(async () => {
      daemon.kill("SIGTERM");
      await exit;
    });
    await expect.poll(() => log, { timeout: 60_000 }).toContain("Took in 0 bundles");
    const sent = await said.runSeen(["send", "--once", "--config", sender, "--verbose"]);
    expect(sent).toContain('"waiting":0');
    await expect.poll(() => log, { timeout: 60_000 }).toMatch(/wrote [1-9]/);
    for (const path of ["", "sites/remote1", "metrics", "v1/health"]) {
      const answer = await fetch(`http://127.0.0.1:${pagePort}/${path}`);
      expect(answer.status).toBe(200);
      said.add(`page /${path}`, await answer.text());
    }
    daemon.kill("SIGTERM");
    await exit;
    said.add("receive", log);
    for (const name of ["spool/sender", "spool/receiver", "remote1.key", "age.key"]) {
      expect((await stat(at(name))).mode & 0o077, name).toBe(0);
    }
    expect(await said.runSeen(["receive", "--once", "-v", "--config", receiver])).toContain(
      '"failed":0',
    );

    await mkdir(at("stick"));
    for (const words of [
      ["export", at("stick"), "--log-level", "debug", "--config", sender],
      ["import", at("stick"), "--log-level", "debug", "--config", receiver],
      ["outbox", "--json", "--config", sender],
      ["check", "--sender", "--config", sender],
      ["doctor", "sender", "--config", sender],
      ["doctor", "receiver", "--config", receiver],
      ["status", "--json", "--config", receiver],
      ["check", "--all", "--config", receiver],
      ["config", "diff", "--full", "--config", receiver],
      ["config", "render", "--config", receiver],
      ["quarantine", "list", "--config", receiver],
    ]) {
      await said.run(words);
    }
    const [bundle] = (await readdir(at("stick"))).filter((name) => name.includes("keyframe"));
    const own = ["--allowed-signers", at("allowed_signers"), "--identity", at("age.key")];
    expect(await said.run(["inspect", `${at("stick")}/${bundle}`, ...own])).toContain("remote1");
    expect(await leaks(ground)).toEqual([]);
  });

  test("where servers repeat the login in their complaints, and where it is wrong", async () => {
    await using ground = await openSite();
    const { at, directory, planted, said, stack, settings } = ground;
    const certificate = await makeCertificate(directory, "core");
    const web = stack.use(await echoingWeb("json"));
    const outbox = stack.use(await echoingWeb("page"));
    const icinga2 = stack.use(await echoingWeb("page", certificate));
    const plain = stack.use(await echoingSmtp("PLAIN"));
    const asking = stack.use(await echoingSmtp("LOGIN"));
    const imap = stack.use(await echoingImap());
    const pop3 = stack.use(await echoingPop3());
    const login = async (name: string, port: number): Promise<string> =>
      `{ host: 127.0.0.1, port: ${port}, tls: none, user: siteferry, password: ${await planted.file(name)} }`;
    const smtp = async (name: string, port: number): Promise<string> =>
      `mail: { to: a@x.example, from: b@x.example, smtp: ${await login(name, port)} }`;
    const client = stack.use(await makeClient("ed25519", "another passphrase"));
    await planted.key(client.key);
    const ssh = `directory: /x, host: 127.0.0.1, user: a, key: ${client.key}, passphrase: ${await planted.file("wrong-passphrase")}, knownHosts: ${await settings("known_hosts", "")}`;
    const sender = await settings(
      "sender.yaml",
      `site: remote1
centre: central
livestatus: unix:${at("live")}
key: ${at("remote1.key")}
centreKeys: ${at("centre_keys")}
spool: ${at("spool")}
transports:
  - http: { url: "http://127.0.0.1:${web.port}", token: ${await planted.token("token")} }
  - http: { url: "https://127.0.0.1:${web.port}/tls", token: ${at("token")} }
  - ${await smtp("plain", plain.port)}
  - ${await smtp("asking", asking.port)}
  - ssh: { ${ssh} }
`,
    );
    const receiver = await settings(
      "receiver.yaml",
      `centre: central
key: ${at("central.key")}
identity: ${at("age.key")}
allowedSigners: ${at("allowed_signers")}
spool: ${at("spool")}
sites: { remote1: {} }
transports:
  - httpPull: { site: remote1, url: "http://127.0.0.1:${outbox.port}", token: ${await planted.token("pull")} }
  - mail: { imap: ${await login("imap", imap.port)} }
  - mail: { pop3: ${await login("pop3", pop3.port)} }
  - ssh: { site: remote1, ${ssh} }
targets:
  - icinga2: { url: "https://127.0.0.1:${icinga2.port}", ca: ${certificate.certPath}, password: ${await planted.file("icinga2")} }
`,
    );
    // A proxy of the environment, with a login: one that isn't there, and one that is none.
    const proxyPassword = "canary-of-the-proxy";
    planted.add("proxy", proxyPassword);
    for (const proxy of [`http://u:${proxyPassword}@127.0.0.1:1`, `http://u:${proxyPassword}@[`]) {
      const environment = { HTTPS_PROXY: proxy, SITEFERRY_DEBUG: "1" };
      await said.runSeen(["send", "--once", "-v", "--config", sender], environment);
    }
    await said.runSeen(["receive", "--once", "-v", "--config", receiver]);
    for (const words of [
      ["outbox", "--json", "--config", sender],
      ["check", "--sender", "--config", sender],
      ["doctor", "sender", "--config", sender],
      ["doctor", "receiver", "--config", receiver],
      ["status", "--json", "--config", receiver],
    ]) {
      await said.run(words);
    }
    for (const { heard } of [web, outbox, icinga2, plain, asking, imap, pop3]) {
      expect(planted.in(heard.join("\n"))).toHaveLength(1);
    }
    expect(await leaks(ground)).toEqual([]);
    expect([...said.all.values()].join("\n").match(/\[secret\]/g)?.length).toBeGreaterThan(10);
  });

  test("where it stands at a wrong place: in settings, lists and on the command line", async () => {
    await using ground = await openSite();
    const { at, planted, said, settings } = ground;
    const token = await planted.token("token");
    const secret = (await readFile(token, "utf8")).trimEnd();
    const [identity = ""] = /AGE-SECRET-KEY-\S+/.exec(await readFile(at("age.key"), "utf8")) ?? [];
    const link = (text: string): string =>
      `site: remote1\ncentre: central\nlivestatus: unix:/x\nkey: ${at("remote1.key")}\ntransports:\n  - ${text}\n`;
    const drop = "drop: { dir: /x }";
    const sender = [
      link(`http: { url: "https://u:${secret}@x.example", token: /x }`),
      link(`http: { url: "https://x.example?t=${secret}", token: /x }`),
      link(`http: { url: "https://x.example", token: ${secret} }`),
      link(`http: { url: "https://x.example", token: *${secret} }`),
      link(`http: { url: "https://x.example", token: "${secret}"${secret} }`),
      link(`http: { url: "https://x.example", token: /x, proxy: "http://u:${secret}@y.example" }`),
      link(`mail: { to: a@x, from: b@x, smtp: { host: x, user: a, password: ${secret} } }`),
      link(`ssh: { host: x, user: a, key: /x, passphrase: ${secret}, knownHosts: /x }`),
      link(`ssh: { host: "a:${secret}@x", user: a, key: /x, knownHosts: /x }`),
      link(`http: [ ${secret}`),
      `${link(drop)}encryptTo: [${identity}]\n`,
      `${link(drop)}key: ${secret}\n`,
    ];
    for (const [index, text] of sender.entries()) {
      said.add(
        `sender.yaml ${index}`,
        complaint(() => parseSettings(text, "sender.yaml", senderSchema)),
      );
    }
    const target = (text: string): string =>
      `centre: central\nallowedSigners: ${at("allowed_signers")}\nsites: {}\ntargets:\n  - ${text}\n`;
    for (const [index, text] of [
      target(`icinga2: { url: "https://u:${secret}@x:5665", ca: /x, password: /x }`),
      target(`icinga2: { url: "https://x:5665", ca: /x, password: ${secret} }`),
      `${target("checkresults: { dir: /x, core: nagios }")}identity: ${identity}\n`,
    ].entries()) {
      said.add(
        `receiver.yaml ${index}`,
        complaint(() => parseSettings(text, "receiver.yaml", receiverSchema)),
      );
    }
    // A file of one kind named as another.
    const receiver = await settings(
      "receiver.yaml",
      `centre: central\nallowedSigners: ${at("age.key")}\nrevokedKeys: ${at("remote1.key")}\nspool: ${at("spool")}\nsites: {}\ntargets:\n  - checkresults: { dir: ${at("checkresults")}, core: nagios }\n`,
    );
    await said.run(["receive", "--once", "--config", receiver]);
    await said.run(["doctor", "receiver", "--config", receiver]);
    const good = await settings("good.yaml", target("checkresults: { dir: /x, core: nagios }"));
    // What is on the command line is in the process list by whoever put it there: not what came of it.
    for (const words of [
      ["enrol", "remote2", identity, "--config", good],
      ["enrol", "remote2", secret, "--config", good],
      ["init", "sender", "--config", at("new.yaml"), "--link", `https://u:${secret}@x.example`],
      ["init", "sender", "--config", at("new.yaml"), "--link", `ssh:u:${secret}@x.example`],
    ]) {
      const { stdout, stderr } = await siteferry(words);
      said.add(words.slice(0, 2).join(" "), stdout + stderr);
    }
    expect(await leaks(ground)).toEqual([]);
  });
});

function complaint(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  throw new Error("it was accepted");
}
