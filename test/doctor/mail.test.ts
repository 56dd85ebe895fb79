// What the doctors ask real mail servers: a login, a certificate before and behind STARTTLS, a look into a
// mailbox; and that nothing is sent or changed by it.

import { mkdir, writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { missingFor } from "@siteferry/testkit/cores";
import { describe, expect, test } from "vitest";
import { openGround, Person } from "../transports/mail-ground.ts";
import { doctor } from "./doctor.ts";

const missing = missingFor("postfix") ?? missingFor("dovecot") ?? missingFor("openssl");
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("Left out: the doctors' tests of mail, which need root\n");

describe.skipIf(missing !== null || !isRoot)("mail", () => {
  test("sender and receiver log in, see the certificate, and leave all as it is", async () => {
    await using ground = await openGround();
    await using directory = await makeTemporaryDirectory("doctor-mail");
    const at = (name: string): string => `${directory.path}/${name}`;
    const person = await Person.arrive(ground);
    const { certificate, password, ports } = ground.dovecot;
    await writeFile(at("password"), `${password}\n`, { mode: 0o600 });
    await writeFile(at("wrong"), "wrong\n", { mode: 0o600 });
    await mkdir(at("spool"));
    const login = (port: number, tls: string, secret = "password"): string =>
      `{ host: 127.0.0.1, port: ${port}, tls: ${tls}, user: ${person.address}, password: ${at(secret)}, ca: ${certificate.certPath} }`;
    const send = async (...logins: string[]) => {
      const links = logins.map(
        (one) =>
          `  - mail: { to: ${person.address}, from: remote1@site.test.example, smtp: ${one} }\n`,
      );
      await writeFile(
        at("sender.yaml"),
        `site: remote1\ncentre: central\nlivestatus: unix:/none\nkey: /none\nspool: ${at("spool")}\ntransports:\n${links.join("")}`,
      );
      return (await doctor("sender", at("sender.yaml"))).lines;
    };
    const { smtp, smtps } = ground.postfix.ports;
    const sending = await send(login(smtp, "starttls"), login(smtps, "tls"));
    expect(
      sending.filter((line) => /^OK link: mail:.* answers, and lets us in/.test(line)),
    ).toHaveLength(2);
    const good =
      /^(?:OK|WARNING) certificate: the certificate of 127.0.0.1:\d+ \(.*\) (?:expires in|is valid)/;
    expect(sending.filter((line) => good.test(line))).toHaveLength(2);
    expect(await send(login(smtp, "starttls", "wrong"))).toContainEqual(
      expect.stringMatching(/^FAIL link: Logging in to 127.0.0.1:\d+/),
    );

    const receive = async (...mailboxes: string[]) => {
      const links = mailboxes.map((one) => `  - mail: ${one}\n`).join("");
      await writeFile(at("allowed_signers"), "");
      await writeFile(
        at("receiver.yaml"),
        `centre: central\nspool: ${at("spool")}\nallowedSigners: ${at("allowed_signers")}\nsites: {}\ntransports:\n${links}targets:\n  - checkresults: { dir: /x, core: nagios }\n`,
      );
      return (await doctor("receiver", at("receiver.yaml"))).lines;
    };
    const { imap, imaps, pop3, pop3s } = ports;
    const receiving = await receive(
      `{ imap: ${login(imaps, "tls")} }`,
      `{ imap: ${login(imap, "starttls")} }`,
      `{ pop3: ${login(pop3s, "tls")} }`,
      `{ pop3: ${login(pop3, "starttls")} }`,
      `{ maildir: { dir: ${person.dir} } }`,
    );
    const looked = /^OK link: mail:.* can be looked into; 0 files wait there/;
    const fromServers = receiving.filter((line) => looked.test(line));
    expect(fromServers, receiving.join("\n")).toHaveLength(5);
    expect(receiving.filter((line) => good.test(line))).toHaveLength(4);
    expect(await receive(`{ imap: ${login(imaps, "tls", "wrong")} }`)).toContainEqual(
      expect.stringMatching(/^FAIL link: Connecting to 127.0.0.1:\d+/),
    );
    expect((await person.messages()).size).toBe(0);
  });
});
