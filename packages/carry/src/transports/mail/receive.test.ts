import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { FerryError, type FileSystem } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { describe, expect, test } from "vitest";
import { describeTransport } from "../../transport-contract.ts";
import type { IncomingFile } from "../../transport.ts";
import { composeMessage, splitBundle } from "./compose.ts";
import { deliverToMaildir, prepareDeliveries } from "./deliver.ts";
import { candidatesMax, waitingLettersMax, waitingMsMax } from "./mail-limits.ts";
import { maildir } from "./maildir.ts";
import { hashOf, headerNames } from "./part.ts";
import { mailReceiver } from "./receive.ts";
import { mailSender } from "./send.ts";

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
const name = "remote1-000000000001-000000000001.keyframe.ferry";
const envelope = { from: "remote1@site.example", to: "ferry@centre.example" };
/** A program that puts what it gets into a Maildir, as an MTA does. */
const deliver = 'f=$(mktemp -p "$MAILDIR/tmp") && cat > "$f" && mv "$f" "$MAILDIR/new/"';

describeTransport("mail through a program into a Maildir, in parts", async () => {
  const directory = await makeTemporaryDirectory("mail");
  const dir = directory.path;
  await prepareDeliveries({ files: nodeFiles, clock: Date }, dir);
  const sendmail = ["/usr/bin/env", `MAILDIR=${dir}`, "/bin/sh", "-c", deliver];
  return {
    sender: mailSender(
      { clock: Date, random },
      { ...envelope, partBytes: 16_384, relay: { sendmail } },
    ),
    receiver: mailReceiver(maildir(nodeFiles, { dir, done: null, refused: null }), Date),
    [Symbol.asyncDispose]: directory.remove,
  };
});

/** A Maildir, with one for what is done and one for what is refused. */
async function openMail() {
  const directory = await makeTemporaryDirectory("mail");
  const dir = `${directory.path}/in`;
  const done = `${directory.path}/done`;
  const refused = `${directory.path}/refused`;
  await prepareDeliveries({ files: nodeFiles, clock: Date }, dir);
  let nowMs = Date.now();
  const receiver = mailReceiver(maildir(nodeFiles, { dir, done, refused }), { now: () => nowMs });
  const countIn = async (path: string): Promise<number> => {
    const names = await Promise.all(
      ["new", "cur"].map((folder) => readdir(`${path}/${folder}`).catch(() => [])),
    );
    return names.flat().length;
  };
  return {
    receiver,
    dir,
    deliver: async (...messages: (Buffer | string)[]) => {
      for (const message of messages) {
        await deliverToMaildir(nodeFiles, random, dir, Buffer.from(message));
      }
    },
    /** How many messages lie in the three. */
    counts: async () => [await countIn(dir), await countIn(done), await countIn(refused)],
    pass: (ms: number) => {
      nowMs += ms;
    },
    [Symbol.asyncDispose]: directory.remove,
  };
}

function compose(content: Uint8Array, limit = 16_384, bundle = name): Buffer[] {
  return splitBundle({ name: bundle, content }, limit).map(({ part, content: piece }) => {
    const token = Buffer.from(random.bytes(12)).toString("hex");
    return composeMessage(envelope, part, piece, { date: new Date(), token });
  });
}

/** What a run of the receiver does with a file. Returns the content, or what it was told. */
async function take(file: IncomingFile): Promise<Uint8Array | string> {
  const taken = await file.read().catch((error: unknown) => {
    if (error instanceof FerryError && error.code === "file-unsuitable") return error.message;
    throw error;
  });
  await file.remove();
  return taken;
}

const content = Buffer.from(crypto.getRandomValues(new Uint8Array(10_000)));

/** With another attachment behind the same headers. */
function withBody(message: Buffer, body: string): string {
  const base64 = Buffer.from(body).toString("base64");
  return String(message).replace(
    /\r\n\r\n[A-Za-z0-9+/=\r\n]+--siteferry/,
    `\r\n\r\n${base64}\r\n--siteferry`,
  );
}

test("a message that this user may not read stays, which is said once, and keeps no other waiting", async () => {
  await using directory = await makeTemporaryDirectory("mail");
  const dir = directory.path;
  await prepareDeliveries({ files: nodeFiles, clock: Date }, dir);
  await writeFile(`${dir}/cur/closed`, "somebody's");
  for (const part of compose(content)) await deliverToMaildir(nodeFiles, random, dir, part);
  const files: FileSystem = {
    ...nodeFiles,
    async read(path, bytesMax) {
      if (!path.endsWith("/closed")) return await nodeFiles.read(path, bytesMax);
      throw Object.assign(new Error(`EACCES: ${path}`), { code: "EACCES" });
    },
  };
  const said: [object, string][] = [];
  const log = { warn: (fields: object, words: string) => void said.push([fields, words]) };
  const receiver = mailReceiver(maildir(files, { dir, log, done: null, refused: null }), Date);
  expect(await receiver.incoming(10)).toHaveLength(1);
  expect(await receiver.incoming(10)).toHaveLength(1);
  expect(said).toEqual([
    [
      expect.objectContaining({ reason: expect.stringContaining("cur/closed") as unknown }),
      `A message in ${dir} can't be read and stays`,
    ],
  ]);
});

describe("parts", () => {
  test("come in any order, and twice; all of them are done with their bundle", async () => {
    await using mail = await openMail();
    const parts = compose(content);
    expect(parts.length).toBeGreaterThan(2);
    await mail.deliver(...parts.toReversed(), parts[1]!);
    const [file, ...more] = await mail.receiver.incoming(10);
    expect(more).toEqual([]);
    expect(await take(file!)).toEqual(content);
    expect(await mail.counts()).toEqual([0, parts.length + 1, 0]);
  });

  test("nothing is offered until the last has come", async () => {
    await using mail = await openMail();
    const [first, ...others] = compose(content);
    await mail.deliver(...others);
    expect(await mail.receiver.incoming(10)).toEqual([]);
    await mail.deliver(first!);
    expect(await mail.receiver.incoming(10)).toHaveLength(1);
  });

  test("those that never become a bundle are refused after a week, and say how many came", async () => {
    await using mail = await openMail();
    const [, ...others] = compose(content);
    await mail.deliver(...others);
    mail.pass(waitingMsMax - 60_000);
    expect(await mail.receiver.incoming(10)).toEqual([]);
    mail.pass(120_000);
    const [file] = await mail.receiver.incoming(10);
    expect(await take(file!)).toContain(`${others.length} of its ${others.length + 1} parts`);
    expect(await mail.counts()).toEqual([0, 0, others.length]);
  });

  test("of a bundle that was cut otherwise at first go with it", async () => {
    await using mail = await openMail();
    await mail.deliver(compose(content, 15_000)[0]!, ...compose(content));
    const [file] = await mail.receiver.incoming(10);
    expect(await take(file!)).toEqual(content);
    expect((await mail.counts())[0]).toBe(0);
  });
});

describe("somebody who forges mail", () => {
  test("can't hold up a bundle with false parts under its true headers", async () => {
    await using mail = await openMail();
    const parts = compose(content);
    await mail.deliver(...parts);
    const falseOnes = Array.from({ length: candidatesMax + 5 }, (_, n) =>
      withBody(parts[0]!, `no ${n}`),
    );
    await mail.deliver(...falseOnes);
    // The newest come first: the first pass gets rid of as many as it may try.
    const [file] = await mail.receiver.incoming(10);
    expect(await take(file!)).toContain("isn't what its headers claim");
    const [again] = await mail.receiver.incoming(10);
    expect(await take(again!)).toEqual(content);
    const [left, done, refused] = await mail.counts();
    expect([left, done! + refused!]).toEqual([0, parts.length + falseOnes.length]);
    expect(refused).toBeGreaterThanOrEqual(candidatesMax);
  });

  test("can't take an honest part away with a bundle of his own that claims its hash", async () => {
    await using mail = await openMail();
    const [first, ...others] = compose(content);
    await mail.deliver(...others);
    const [liar] = compose(Buffer.from("something else"), 8_000_000);
    await mail.deliver(String(liar).replace(/(X-Siteferry-Sha256: )\w+/, `$1${hashOf(content)}`));
    const [false_] = await mail.receiver.incoming(10);
    expect(await take(false_!)).toContain("don't make what they claim");
    expect(await mail.counts()).toEqual([others.length, 0, 1]);
    await mail.deliver(first!);
    const [file] = await mail.receiver.incoming(10);
    expect(await take(file!)).toEqual(content);
  });

  test("can't fill the mailbox for a week with parts that lack others", async () => {
    await using mail = await openMail();
    for (let n = 0; n < waitingLettersMax + 20; n++) {
      const [part] = compose(Buffer.from(`${n}`.repeat(10_000)));
      await writeFile(`${mail.dir}/new/${n}`, part!);
    }
    const refused = await mail.receiver.incoming(1000);
    expect(refused).toHaveLength(20);
    for (const file of refused) await take(file);
    expect(await mail.counts()).toEqual([waitingLettersMax, 0, 20]);
  });

  test("gets what can't be used out of the way at once", async () => {
    await using mail = await openMail();
    const [honest] = compose(Buffer.from("x"));
    await mail.deliver(
      String(honest).replace(new RegExp(`${headerNames.part}: 1/1`), `${headerNames.part}: 1/7`),
      withBody(honest!, "y"),
    );
    const files = await mail.receiver.incoming(10);
    expect(files).toHaveLength(2);
    for (const file of files) expect(typeof (await take(file))).toBe("string");
    expect(await mail.counts()).toEqual([0, 0, 2]);
  });
});

test("other people's mail stays as it is, in its folder, with its flags", async () => {
  await using mail = await openMail();
  const letter = "From: a@b\r\nSubject: [siteferry] remote1\r\n\r\nhello\r\n";
  await writeFile(`${mail.dir}/new/1.a`, letter);
  await writeFile(`${mail.dir}/cur/2.b:2,FS`, letter);
  await mkdir(`${mail.dir}/cur/directory`);
  await mail.deliver(...compose(content));
  const [file] = await mail.receiver.incoming(10);
  await take(file!);
  expect(await readdir(`${mail.dir}/new`)).toEqual(["1.a"]);
  expect((await readdir(`${mail.dir}/cur`)).sort()).toEqual(["2.b:2,FS", "directory"]);
  expect(await readFile(`${mail.dir}/cur/2.b:2,FS`, "latin1")).toBe(letter);
});

describe("delivery by pipe", () => {
  test("R58 mail that isn't ours is given back, and doesn't stay", async () => {
    await using mail = await openMail();
    await expect(
      mail.deliver("From: a@b\r\nSubject: hello\r\n\r\nhello\r\n"),
    ).rejects.toMatchObject({
      code: "file-unsuitable",
    });
    expect(await mail.counts()).toEqual([0, 0, 0]);
    expect(await readdir(`${mail.dir}/tmp`)).toEqual([]);
  });

  test("the envelope line that some mail servers put before it isn't kept", async () => {
    await using mail = await openMail();
    await mail.deliver(
      `From remote1@site.example Sat Nov 21 05:59:56 2026\n${String(compose(content, 9e6)[0])}`,
    );
    const [file] = await mail.receiver.incoming(10);
    expect(await take(file!)).toEqual(content);
  });

  test("leftovers of interrupted deliveries are swept after a day and a half", async () => {
    await using mail = await openMail();
    await writeFile(`${mail.dir}/tmp/leftover`, "");
    const hour = 3_600_000;
    await prepareDeliveries(
      { files: nodeFiles, clock: { now: () => Date.now() + 35 * hour } },
      mail.dir,
    );
    expect(await readdir(`${mail.dir}/tmp`)).toEqual(["leftover"]);
    await prepareDeliveries(
      { files: nodeFiles, clock: { now: () => Date.now() + 37 * hour } },
      mail.dir,
    );
    expect(await readdir(`${mail.dir}/tmp`)).toEqual([]);
  });
});

test("the watcher wakes for a message", async () => {
  await using mail = await openMail();
  const woken = Promise.withResolvers<void>();
  await mail.receiver.watch(() => woken.resolve());
  await mail.deliver(...compose(Buffer.from("x")));
  await expect(woken.promise).resolves.toBeUndefined();
  await mail.receiver.close();
});
