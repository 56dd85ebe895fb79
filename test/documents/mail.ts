// "A customer's site, by mail" of docs/examples.md, through a real Postfix and a real Dovecot.

import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect } from "vitest";
import { siteferry } from "../command-line.ts";
import { reportOf } from "../installation.ts";
import { openGround, Person } from "../transports/mail-ground.ts";
import type { Place } from "./place.ts";

const examples = "docs/examples.md";

export async function byMail({ book }: Place): Promise<void> {
  await using directory = await makeTemporaryDirectory("example-mail");
  const at = (name: string): string => `${directory.path}/${name}`;
  await using ground = await openGround();
  const person = await Person.arrive(ground);
  const site = makeFakeSite({ hosts: 2, servicesPerHost: 2, seed: 1, clock: Date });
  const server = await serve(parseAddress(`unix:${at("live")}`), site.source, {});
  const key = await siteferry(["keygen", at("acme.key"), "-C", "acme"]);
  await writeFile(at("allowed_signers"), key.stdout.split("\n").at(-2)!);
  const age = await siteferry(["keygen", "--age", at("central.age")]);
  for (const name of ["smtp.password", "imap.password"]) {
    await writeFile(at(name), ground.dovecot.password);
    await chmod(at(name), 0o600);
  }
  await mkdir(at("checkresults"));
  const { certPath } = ground.dovecot.certificate;
  /** The document's file, at home here. */
  const settle = async (
    file: string,
    replaced: Readonly<Record<string, string>>,
  ): Promise<void> => {
    let text = book.yaml(examples, `# /etc/siteferry/${file}`, "acme");
    for (const [part, here] of Object.entries({ "/etc/siteferry/": at(""), ...replaced })) {
      expect(text).toContain(part);
      text = text.replaceAll(part, here);
    }
    await writeFile(at(file), `spool: ${at("spool")}\n${text}`);
  };
  await settle("sender.yaml", {
    "/omd/sites/acme/tmp/run/live": at("live"),
    "host: mail.acme.example.com,": `host: localhost, port: ${ground.postfix.ports.smtp}, ca: ${certPath},`,
    "user: siteferry": `user: ${person.address}`,
    "ferry@central.example.net": person.address,
    age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm: /age1\w+/.exec(age.stdout)![0],
  });
  await settle("receiver.yaml", {
    "host: mail.example.net": `host: localhost\n        port: ${ground.dovecot.ports.imaps}\n        ca: ${certPath}`,
    "user: ferry": `user: ${person.address}`,
    "/etc/nagios4/siteferry": at("objects"),
    "/etc/nagios4/nagios.cfg": at("nagios.cfg"),
    "/var/lib/nagios4/spool/checkresults": at("checkresults"),
    "/var/lib/nagios4/objects.cache": at("objects.cache"),
  });
  const sent = await siteferry(["send", "--once", "--config", at("sender.yaml")]);
  expect(sent.status, sent.stderr).toBe(0);
  await ground.postfix.settled();
  const received = await siteferry(["receive", "--once", "--config", at("receiver.yaml")]);
  expect(reportOf(received), received.stderr).toMatchObject({ taken: 2, accepted: 2, refused: 0 });
  expect(await readFile(at("spool/receiver/sites/acme/hosts"), "utf8")).toContain("acme-");
  await server.close();
}
