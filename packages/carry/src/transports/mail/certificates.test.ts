// Mail servers whose certificate isn't to be believed: they get neither a password nor a message.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { type Certificate, makeCertificate, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { imapFolder } from "./imap.ts";
import type { MailServer } from "./mail-server.ts";
import { pop3Mailbox } from "./pop3.ts";
import { mailSender } from "./send.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const bundle = { name, content: Buffer.from("content") };
const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

/** What each way of mail says of a server with this certificate, and what that server heard. */
async function saidOf(certificate: Certificate, authorities: string) {
  const heard: Buffer[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (socket) => {
    socket.on("data", (data: Buffer) => heard.push(data));
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const login: MailServer = {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    tls: "tls",
    user: "ferry",
    secrets: async () => ({ password: "secret", authorities }),
    timeoutMs: 5_000,
  };
  const addresses = { from: "remote1@site.example", to: "ferry@centre.example" };
  const sender = mailSender(
    { clock: Date, random },
    { ...addresses, partBytes: 64_000, relay: login },
  );
  const imap = imapFolder({ ...login, folder: "INBOX", done: null, refused: null });
  const pop3 = pop3Mailbox(login);
  const said = await Promise.all(
    [sender.send(bundle), imap.list(), pop3.list()].map((work) =>
      work.then(
        () => "it went well",
        (error: Error & { code?: string }) => `${error.code} ${error.message}`,
      ),
    ),
  );
  server.close();
  await once(server, "close");
  return { said, heard };
}

test("expired, for another name, of an unknown authority: by SMTP, IMAP and POP3", async () => {
  await using directory = await makeTemporaryDirectory("mail-tls");
  const authority = await makeCertificate(directory.path, "authority");
  const of = (label: string, options: object) =>
    makeCertificate(directory.path, label, { authority, ...options });
  const faults = [
    [await of("expired", { isExpired: true }), /expired/],
    [await of("elsewhere", { names: "DNS:elsewhere.example" }), /altnames|IP/],
    [await makeCertificate(directory.path, "stranger"), /self.signed|unable to/],
  ] as const;
  for (const [certificate, words] of faults) {
    const { said, heard } = await saidOf(certificate, authority.cert);
    for (const text of said) {
      expect(text).toMatch(/^peer-unknown /);
      expect(text).toMatch(words);
    }
    expect(Buffer.concat(heard).toString()).toBe("");
  }
});
