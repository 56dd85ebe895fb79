// One keyframe by SMTP to a real Postfix, until its message lies in the Maildir.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { missingFor } from "@siteferry/testkit/cores";
import { openGround, Person } from "../transports/mail-ground.ts";
import { curl } from "./links-floors.ts";
import { timeOf, type Track, type TrackKind } from "./links-track.ts";

const looksEveryMs = 2;
const deadlineMs = 60_000;

export const mail: TrackKind = {
  title: "mail by SMTP with STARTTLS, until Postfix has put it into the Maildir",
  floorTitle: "`curl` with a message of the same size, likewise",
  targetMs: null,
  async lay({ root, signal }): Promise<Track> {
    const missing = missingFor("postfix") ?? missingFor("dovecot");
    if (missing !== null) throw new Error(missing);
    await using opened = new AsyncDisposableStack();
    const ground = opened.use(await openGround());
    const person = await Person.arrive(ground);
    const server = person.login(ground.postfix.ports.smtp, "starttls");
    const { certPath } = ground.dovecot.certificate;
    const untilThere = async (work: () => Promise<void>): Promise<number> => {
      const before = await count(person);
      const ms = await timeOf(async () => {
        await work();
        const begun = performance.now();
        while ((await count(person)) === before) {
          if (performance.now() - begun > deadlineMs) throw new Error("Postfix delivered nothing");
          await pause(looksEveryMs, undefined, { signal });
        }
      });
      await ground.postfix.settled();
      return ms;
    };
    const kept = opened.move();
    return {
      async carry(parcel) {
        const transport = person.sender(server);
        return await untilThere(async () => void (await transport.send(parcel)));
      },
      async floor(file) {
        const message = `${root}/message`;
        await writeFile(message, await messageWith(file));
        const { host, port, user } = server;
        const { password } = await server.secrets();
        const login = ["--ssl-reqd", "--cacert", certPath, "--user", `${user}:${password}`];
        const envelope = [
          "--mail-from",
          "remote1@site.test.example",
          "--mail-rcpt",
          person.address,
        ];
        return await untilThere(
          async () => await curl([...login, ...envelope, "-T", message, `smtp://${host}:${port}`]),
        );
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  },
};

async function count({ dir }: Person): Promise<number> {
  return (await readdir(`${dir}/new`)).length;
}

async function messageWith(file: string): Promise<string> {
  const lines = (await readFile(file, "base64")).match(/.{1,76}/g) ?? [];
  return ["Subject: floor", "", ...lines, ""].join("\r\n");
}
