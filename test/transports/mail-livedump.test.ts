// A mailbox of one site's dumps on real servers: what `livedump | mail` sent, by Postfix, out of Dovecot.

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  anyHead,
  imapFolder,
  maildir,
  type Mailbox,
  mailTextReceiver,
  pop3Mailbox,
} from "@siteferry/carry";
import { FerryError, parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MailGround, openGround, Person } from "./mail-ground.ts";

const missing = missingFor("postfix") ?? missingFor("dovecot") ?? missingFor("openssl");
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("Left out: mail of livedump's, which needs root\n");
const site = parseSiteId("remote1")!;
const dump = "status\nhost_name=wüb1\noutput=\\|'C:\\'=1 \n\n";

describe.skipIf(missing !== null || !isRoot)("a mailbox of one site's dumps", () => {
  let ground: MailGround;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(async () => {
    await ground?.[Symbol.asyncDispose]();
  });

  async function send(person: Person, head: string, body: string): Promise<void> {
    const [command = "", ...parameters] = ground.postfix.sendmail;
    const child = spawn(command, [
      ...parameters,
      "-f",
      "x@site.test.example",
      "--",
      person.address,
    ]);
    child.stdin.end(`Subject: status\nMIME-Version: 1.0\n${head}\n\n${body}`);
    const [status] = (await once(child, "close")) as [number];
    expect(status).toBe(0);
    // In this order.
    await ground.postfix.settled();
  }

  const mailboxes: Readonly<Record<string, (person: Person) => Mailbox>> = {
    maildir: ({ dir }) =>
      maildir(nodeFiles, { dir, done: null, refused: `${dir}/.refused`, readHead: anyHead }),
    imap: (person) =>
      imapFolder({
        ...person.login(ground.dovecot.ports.imaps, "tls"),
        folder: "INBOX",
        done: null,
        refused: "refused",
        readHead: anyHead,
      }),
    pop3: (person) => pop3Mailbox(person.login(ground.dovecot.ports.pop3, "starttls"), anyHead),
  };

  test.each(Object.keys(mailboxes))(
    "%s: every message is a dump or refused; what failed otherwise stays",
    async (kind) => {
      const person = await Person.arrive(ground);
      const utf8 = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding:";
      await send(person, "Content-Type: text/plain; charset=us-ascii", dump);
      await send(person, `${utf8} base64`, Buffer.from(dump).toString("base64"));
      await send(person, `${utf8} quoted-printable`, quoted(dump));
      await send(person, 'Content-Type: multipart/mixed; boundary="b"', attached(dump));
      await send(person, "X-Siteferry-Bundle: no", "Dear Sir or Madam,\n");
      await send(person, `${utf8} 8bit`, "busy\n");

      const seen: string[] = [];
      const receiver = mailTextReceiver(mailboxes[kind]!(person), {
        site,
        async seal(text) {
          const said = Buffer.from(text).toString().replaceAll("\r\n", "\n");
          if (said.startsWith("busy")) throw new FerryError("spool-busy", "another one");
          if (!said.startsWith("status")) throw new FerryError("livedump-invalid", "no dump");
          seen.push(said);
          return Uint8Array.from(text);
        },
      });
      const codes: string[] = [];
      for (const file of await receiver.incoming(100)) {
        expect(file.site).toBe(site);
        const code = await file.read().then(
          () => "taken",
          (error: unknown) => (error as FerryError).code,
        );
        codes.push(code);
        if (code !== "spool-busy") await file.remove();
      }
      expect(codes).toEqual([
        ...Array.from({ length: 4 }, () => "taken"),
        "file-unsuitable",
        "spool-busy",
      ]);
      expect(seen).toEqual(Array.from({ length: 4 }, () => dump));
      expect(await receiver.incoming(100)).toHaveLength(1);
      await receiver.close();
      const left = [...(await person.messages()).values()];
      expect(left.filter((message) => message.includes("busy\n"))).toHaveLength(1);
      expect(left.filter((message) => message.includes("Dear Sir"))).toHaveLength(
        kind === "pop3" ? 0 : 1,
      );
    },
  );
});

function quoted(text: string): string {
  return text
    .replaceAll("=", "=3D")
    .replaceAll("ü", "=C3=BC")
    .replaceAll(" \n", "=20\n")
    .replace("output", "out=\nput");
}

function attached(text: string): string {
  const type = "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64";
  return `--b\n${type}\n\n${Buffer.from(text).toString("base64")}\n--b--\n`;
}
