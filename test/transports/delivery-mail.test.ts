// Bundles by mail that come more than once, in any order and in parts of which some are lost: the final
// state is the newest, and the core is told each once. Messages are put where a mail server puts them.

import { chown, rename, writeFile } from "node:fs/promises";
import {
  deliverToMaildir,
  type Mailbox,
  maildir,
  mailReceiver,
  type OutgoingBundle,
  prepareDeliveries,
} from "@siteferry/carry";
import { lettersOf } from "@siteferry/carry/test-letters";
import {
  expectNewestOnce,
  type Ground,
  runs,
  sealFew,
  sealOneOfEach,
} from "@siteferry/receiver/test-courses";
import { missingFor } from "@siteferry/testkit/cores";
import type { Dice } from "@siteferry/testkit/simulation";
import { mailUserId, startDovecot } from "@siteferry/testkit/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MailGround, Person } from "./mail-ground.ts";

const doubled = `doubled, reordered and in parts, ${runs} times`;
const timeout = 300_000;
/**
 * What a bundle's messages become on their way: parts come twice, and where one is lost all are sent again
 * sooner or later, perhaps split otherwise.
 */
function onTheirWay(
  bundles: readonly OutgoingBundle[],
  dice: Dice,
  inParts: number,
): readonly Buffer[] {
  const messages = bundles.flatMap((bundle) => {
    const whole = lettersOf(bundle, dice.falls(inParts) ? Math.round(dice.between(1.5, 3.5)) : 1);
    const halves = dice.falls(inParts / 4) ? lettersOf(bundle, 2).slice(1) : [];
    return [...whole, ...halves, ...whole.filter(() => dice.falls(1 / 10))];
  });
  return messages
    .map((message) => ({ message, at: dice.fraction() }))
    .sort((one, other) => one.at - other.at)
    .map(({ message }) => message);
}

test(`${doubled}: into a Maildir`, { timeout }, async () => {
  await expectNewestOnce(
    10,
    async ({ centre, files, dice }: Ground) => {
      const dir = `${centre.path}/mail`;
      await prepareDeliveries({ files, clock: Date }, dir);
      const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
      return {
        async deliver(bundles) {
          for (const message of onTheirWay(bundles, dice, 3 / 4)) {
            await deliverToMaildir(files, random, dir, message);
          }
        },
        start: () => [mailReceiver(maildir(files, { dir, done: null, refused: null }), Date)],
      };
    },
    sealFew,
  );
});

const missing = missingFor("dovecot") ?? missingFor("openssl");
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("Left out: the tests of mail, which need root\n");

describe.skipIf(missing !== null || !isRoot)("from a server", () => {
  let ground: Pick<MailGround, "dovecot">;
  beforeAll(async () => {
    ground = { dovecot: await startDovecot() };
  });
  afterAll(async () => {
    await ground?.dovecot[Symbol.asyncDispose]();
  });
  let messages = 0;

  /** As a server delivers: into tmp, then by rename. */
  async function put(dir: string, message: Buffer): Promise<void> {
    const name = `${(messages += 1)}.test`;
    await writeFile(`${dir}/tmp/${name}`, message);
    await chown(`${dir}/tmp/${name}`, mailUserId, mailUserId);
    await rename(`${dir}/tmp/${name}`, `${dir}/new/${name}`);
  }

  test.each<[string, (person: Person) => Mailbox]>([
    ["by IMAP", (person) => person.imap()],
    ["by POP3", (person) => person.pop3()],
  ])(`${doubled}: fetched %s`, { timeout }, async (_link, open) => {
    await expectNewestOnce(
      50,
      async ({ dice }) => {
        const person = await Person.arrive(ground);
        let last: Mailbox | null = null;
        return {
          async deliver(bundles) {
            for (const message of onTheirWay(bundles, dice, 1 / 4)) await put(person.dir, message);
          },
          start() {
            // POP3 lets nobody in beside the one before.
            const before = last;
            const mailbox = (last = open(person));
            const list = async () => {
              await before?.close();
              return await mailbox.list();
            };
            return [mailReceiver({ ...mailbox, list }, Date)];
          },
          async end() {
            await last?.close();
            // What is left are halves whose other half never came.
            const left = [...(await person.messages()).values()];
            expect(left.filter((text) => !text.includes("\nX-Siteferry-Part: 2/2\r\n"))).toEqual(
              [],
            );
          },
        };
      },
      sealOneOfEach,
    );
  });
});
