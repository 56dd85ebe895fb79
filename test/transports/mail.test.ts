// mail on real servers: Postfix as the relay, Dovecot for IMAP and POP3.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, readFile, rename, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { parseAddress, serve } from "@siteferry/livestatus";
import { FerryError } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeFakeSite, makeTemporaryDirectory, openRelay } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { mailUserId, startPostfix } from "@siteferry/testkit/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  imapFolder,
  maildir,
  mailReceiver,
  mailSender,
  type MailServer,
  pop3Mailbox,
} from "@siteferry/carry";
import { describeTransport } from "@siteferry/carry/transport-contract";
import { describeFaults } from "@siteferry/carry/line-contract";
import { install, reportOf } from "../installation.ts";
import { fetched, type MailGround, openGround, Person, throughRelay } from "./mail-ground.ts";

const siteferryCommand = [process.execPath, fileURLToPath(import.meta.resolve("@siteferry/cli"))];
const missing = missingFor("postfix") ?? missingFor("dovecot") ?? missingFor("openssl");
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("Left out: the tests of mail, which need root\n");

describe.skipIf(missing !== null || !isRoot)("mail", () => {
  let ground: MailGround;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(async () => {
    await ground?.[Symbol.asyncDispose]();
  });

  describeTransport("mail by SMTP with STARTTLS into a Maildir", () =>
    throughRelay(ground, "smtp", "starttls", (person) => person.maildir()),
  );
  describeTransport("mail by SMTP over TLS, in parts, and IMAP", () =>
    throughRelay(ground, "smtps", "tls", (person) => person.imap(), 32_768),
  );
  describeTransport("mail by SMTP in clear, and POP3 with STLS", () =>
    throughRelay(ground, "smtp", "none", (person) => person.pop3()),
  );
  describeFaults("mail by SMTP with STARTTLS", () =>
    throughRelay(ground, "smtp", "starttls", (person) => person.maildir()),
  );
  describeFaults("mail by SMTP over TLS, in parts", () =>
    throughRelay(ground, "smtps", "tls", (person) => person.maildir(), 32_768),
  );
  describeFaults("mail fetched by IMAP", () =>
    fetched(ground, "imaps", (server) =>
      imapFolder({ ...server, folder: "INBOX", done: null, refused: null }),
    ),
  );
  describeFaults("mail fetched by POP3", () => fetched(ground, "pop3s", pop3Mailbox));
  describeTransport("mail by sendmail, in parts, into a Maildir", async () => {
    const person = await Person.arrive(ground);
    const receiver = person.receiver(person.maildir());
    const sender = person.sender({ sendmail: ground.postfix.sendmail }, 32_768);
    return { sender, receiver, [Symbol.asyncDispose]: receiver.close };
  });

  const content = Buffer.from(crypto.getRandomValues(new Uint8Array(50_000)));
  const bundle = { name: "remote1-000000000001-000000000001.keyframe.ferry", content };
  const failing = async (work: Promise<unknown>): Promise<FerryError> => {
    const failure = await work.then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(FerryError);
    return failure as FerryError;
  };

  describe("a relay", () => {
    test("that takes no messages over a size gets none", async () => {
      await using small = await openGround({ messageSizeLimit: 64_000 });
      const person = await Person.arrive(small);
      const relay = person.login(small.postfix.ports.smtp, "starttls");
      await person.sender(relay, 64_000).send(bundle);
      expect((await person.messages()).size).toBe(2);
      const [file] = await person.receiver(person.maildir()).incoming(10);
      expect(Buffer.from(await file!.read())).toEqual(content);
      const failure = await failing(person.sender(relay, 100_000).send(bundle));
      expect(failure).toMatchObject({ code: "file-unsuitable" });
      expect(failure.message).toContain("partBytes");
    });

    const secrets = (password: string, authorities: string | null): Partial<MailServer> => ({
      secrets: async () => ({ password, authorities }),
    });
    test.each<[string, string, () => Partial<MailServer>]>([
      [
        "a wrong password",
        "login-refused",
        () => secrets("wrong", ground.dovecot.certificate.cert),
      ],
      ["an unknown authority", "peer-unknown", () => secrets("x", null)],
      ["nobody there", "link-unreachable", () => ({ port: 1 })],
      ["a name that doesn't exist", "link-unreachable", () => ({ host: "nowhere.invalid" })],
    ])("%s is %s, by SMTP, IMAP and POP3", async (_what, code, change) => {
      const person = await Person.arrive(ground);
      const { imap, pop3s } = ground.dovecot.ports;
      const login = (port: number, tls: "tls" | "starttls"): MailServer =>
        person.login(port, tls, change());
      for (const work of [
        () => person.sender(login(ground.postfix.ports.smtp, "starttls")).send(bundle),
        () => person.imap(login(imap, "starttls")).list(),
        () => pop3Mailbox(login(pop3s, "tls")).list(),
      ]) {
        const failure = await failing(work());
        expect(`${failure.code} ${failure.message}`).toMatch(new RegExp(`^${code} .*:\\d+: `));
        expect(failure.message).not.toContain("wrong");
      }
    });

    test("that stalls is left after its time, by SMTP, IMAP and POP3", async () => {
      const person = await Person.arrive(ground);
      await using line = await openRelay(ground.postfix.ports.smtp);
      line.stall();
      const server = person.login(line.port, "tls", { timeoutMs: 300 });
      for (const work of [
        () => person.sender({ ...server, tls: "starttls" }).send(bundle),
        () => person.sender(server).send(bundle),
        () => person.imap({ ...server, tls: "none" }).list(),
        () => person.imap(server).list(),
        () => pop3Mailbox({ ...server, tls: "none" }).list(),
        () => pop3Mailbox(server).list(),
      ]) {
        expect((await failing(work())).code).toBe("link-timeout");
      }
    });

    test("that offers no STARTTLS gets neither password nor mail", async () => {
      const person = await Person.arrive(ground);
      await using silent = await standIn("220 relay\r\n", (line) =>
        line.startsWith("EHLO") ? "250 relay\r\n" : "500 no\r\n",
      );
      await failing(person.sender(person.login(silent.port, "starttls")).send(bundle));
      await using imap = await standIn(
        "* OK [CAPABILITY IMAP4rev1] hello\r\n",
        (line) => `${line.split(" ")[0]} OK\r\n`,
      );
      await failing(person.imap({ ...person.login(imap.port, "starttls") }).list());
      await using pop3 = await standIn("+OK\r\n", () => "-ERR unknown\r\n");
      await failing(pop3Mailbox(person.login(pop3.port, "starttls")).list());
      const { password } = ground.dovecot;
      for (const server of [silent, imap, pop3]) {
        expect(server.heard.join("")).not.toMatch(/AUTH|LOGIN|PASS|MAIL|DATA/);
        expect(server.heard.join("")).not.toContain(password);
        expect(server.heard.length).toBeGreaterThan(0);
      }
    });
  });

  describe("other people's mail", () => {
    const foreign = "From: a@site.test.example\nSubject: [siteferry] remote1\n\nhello\n.\n..dots\n";
    const sendForeign = async (person: Person): Promise<void> => {
      const [program = "", ...options] = ground.postfix.sendmail;
      const parameters = [...options, "-f", "a@site.test.example", "--", person.address];
      const child = spawn(program, parameters, { stdio: ["pipe", "ignore", "inherit"] });
      child.stdin.end(foreign);
      await once(child, "close");
    };

    test.each(["imap", "pop3", "maildir"] as const)(
      "stays as it is, to its flags, when %s takes ours",
      async (kind) => {
        const person = await Person.arrive(ground);
        await sendForeign(person);
        await ground.postfix.settled();
        const [path = ""] = (await person.messages()).keys();
        // Somebody has read one, marked it, and wants it deleted some day.
        await rename(`${person.dir}/${path}`, `${person.dir}/cur/${path.slice(4)}:2,FST`);
        await sendForeign(person);
        const before = await person.messages();
        expect(before.size).toBe(2);
        await person
          .sender(person.login(ground.postfix.ports.smtp, "starttls"), 64_000)
          .send(bundle);
        const receiver = person.receiver(person[kind]());
        const [file, ...more] = await receiver.incoming(10);
        expect(more).toEqual([]);
        expect(Buffer.from(await file!.read())).toEqual(content);
        expect((await person.messages()).size).toBe(4);
        await file!.remove();
        await receiver.close();
        const after = await person.messages();
        // A server moves what is new to cur, as the rules of Maildir have it, and that is all.
        const known = (messages: ReadonlyMap<string, string>): string[] =>
          [...messages].map(
            ([at, bytes]) => `${at.replace(/^new\/|^cur\/|,S=[^:]*|:2,$/g, "")} ${bytes}`,
          );
        expect(known(after).sort()).toEqual(known(before).sort());
      },
    );
  });

  describe("an IMAP server", () => {
    test("gets folders for what is done and what is refused", async () => {
      const person = await Person.arrive(ground);
      const sender = person.sender(person.login(ground.postfix.ports.smtp, "starttls"), 64_000);
      await sender.send(bundle);
      await sender.send({ ...bundle, name: bundle.name.replace("001.key", "002.key") });
      await ground.postfix.settled();
      const spoilt = [...(await person.messages()).keys()].sort()[0]!;
      const message = await readFile(`${person.dir}/${spoilt}`, "latin1");
      await writeFile(
        `${person.dir}/${spoilt}`,
        message.replace(/^(Content-Disposition.*\n\r?\n)..../m, "$1AAAA"),
      );
      const receiver = person.receiver(
        person.imap({ done: "ferry-done", refused: "ferry-refused" }),
      );
      const files = await receiver.incoming(10);
      expect(files.map(({ name }) => name)).toHaveLength(2);
      const outcomes = [];
      for (const file of files) {
        outcomes.push(
          await file.read().then(
            () => "read",
            (error: FerryError) => error.code,
          ),
        );
        await file.remove();
      }
      expect(outcomes.sort()).toEqual(["file-unsuitable", "read"]);
      const folders = [...(await person.messages()).keys()].map((path) => path.split("/")[0]);
      expect(folders.filter((folder) => folder === ".ferry-done")).toHaveLength(2);
      expect(folders.filter((folder) => folder === ".ferry-refused")).toHaveLength(1);
      await receiver.close();
    });

    test("wakes by IDLE", async () => {
      const person = await Person.arrive(ground);
      const receiver = person.receiver(person.imap());
      let wakes = 0;
      const woken = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      await receiver.watch(() => woken[wakes++]?.resolve());
      // Once when it listens, once when something comes.
      await woken[0]!.promise;
      await person.sender(person.login(ground.postfix.ports.smtp, "starttls")).send(bundle);
      await woken[1]!.promise;
      expect(await receiver.incoming(10)).toHaveLength(1);
      await receiver.close();
    });
  });

  test("siteferry send to siteferry receive, with the settings of an operator", async () => {
    await using directory = await makeTemporaryDirectory("whole-mail");
    const livestatus = `unix:${directory.path}/live`;
    const fake = makeFakeSite({ hosts: 3, servicesPerHost: 2, seed: 1, clock: Date });
    const site = await serve(parseAddress(livestatus), fake.source, {});
    await using installation = await install({ livestatus });
    const person = await Person.arrive(ground);
    const { certificate, password, ports } = ground.dovecot;
    await writeFile(`${directory.path}/password`, `${password}\n`, { mode: 0o600 });
    const login = (port: number, tls: string): string =>
      `{ host: 127.0.0.1, port: ${port}, tls: ${tls}, user: ${person.address}, ` +
      `password: ${directory.path}/password, ca: ${certificate.certPath} }`;
    const smtp = login(ground.postfix.ports.smtp, "starttls");
    const addresses = `to: ${person.address}, from: remote1@site.test.example`;
    const change = async (file: string, transport: string): Promise<void> => {
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace(/ {2}- drop: .*/, `  - mail: { ${transport} }`));
    };
    await change(installation.senderYaml, `${addresses}, smtp: ${smtp}`);
    await change(installation.receiverYaml, `imap: ${login(ports.imaps, "tls")}`);
    expect((await installation.send()).status).toBe(0);
    await ground.postfix.settled();
    const run = await installation.receive();
    await site.close();
    expect(run.status).toBe(0);
    // The configuration and the first keyframe.
    expect(reportOf(run)).toMatchObject({ taken: 2, refused: 0, failed: 0 });
    expect((await person.messages()).size).toBe(0);
  });

  test("a pipe of the mail server fills the receiver's own Maildir, and gives back what isn't ours", async () => {
    await using directory = await makeTemporaryDirectory("pipe");
    // A mail server runs nothing as root.
    await chown(directory.path, mailUserId, mailUserId);
    const settings = `${directory.path}/receiver.yaml`;
    const spool = `${directory.path}/spool`;
    await writeFile(`${directory.path}/allowed_signers`, "");
    await writeFile(
      settings,
      [
        "centre: central",
        `spool: ${spool}`,
        `allowedSigners: ${directory.path}/allowed_signers`,
        "sites: { remote1: {} }",
        `transports: [{ drop: { dir: ${directory.path} } }]`,
        `targets: [{ objects: { dir: ${directory.path}/objects, core: nagios } }]`,
      ].join("\n"),
    );
    const [node, bin] = siteferryCommand;
    const pipe = `${node} ${bin} receive --mail --config ${settings}`;
    await using postfix = await startPostfix({ dovecot: ground.dovecot, pipe });
    const sender = mailSender(
      { clock: Date, random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) } },
      {
        from: "user499@test.example",
        to: "ferry@pipe.test.example",
        partBytes: 64_000,
        relay: { sendmail: postfix.sendmail },
      },
    );
    await sender.send(bundle);
    await postfix.settled();
    const mailbox = maildir(nodeFiles, {
      dir: `${spool}/receiver/mail`,
      done: null,
      refused: null,
    });
    const [file] = await mailReceiver(mailbox, Date).incoming(10);
    expect(Buffer.from(await file!.read())).toEqual(content);
    const log = await readFile(postfix.logFile, "utf8");
    expect(log.match(/relay=to-command.*status=sent/g)).toHaveLength(2);

    const [program = "", ...options] = postfix.sendmail;
    const parameters = [...options, "-f", "user499@test.example", "--", "ferry@pipe.test.example"];
    const child = spawn(program, parameters, { stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end("Subject: hello\n\nhello\n");
    await once(child, "close");
    await postfix.settled();
    expect(await readFile(postfix.logFile, "utf8")).toMatch(
      /relay=to-command.*status=bounced.*none of siteferry/,
    );
    // What is wrong at the centre isn't the sender's fault: it waits.
    await writeFile(settings, "centre: [");
    await sender.send(bundle);
    await postfix.settled();
    expect(await readFile(postfix.logFile, "utf8")).toMatch(/relay=to-command.*status=deferred/);
  });
});

/** A server that answers each line as it is told, and remembers what it heard. */
async function standIn(greeting: string, reply: (line: string) => string) {
  /** Beginning with the connection. */
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    heard.push("connected ");
    socket.write(greeting);
    socket.on("data", (data) => {
      heard.push(String(data));
      for (const line of String(data).split("\r\n").slice(0, -1)) socket.write(reply(line));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
