import fc from "fast-check";
import { expect, test } from "vitest";
import { bundleRoom, composeMessage, splitBundle } from "./compose.ts";
import { partsMax } from "./mail-limits.ts";
import { readAttachment, readHead } from "./parse.ts";
import { hashOf, headerNames, mailType, type Part } from "./part.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const envelope = { from: "remote1@site.example", to: "ferry@centre.example" };
const stamp = { date: new Date(0), token: "00112233445566778899aabb" };

function compose(content: Uint8Array, messageBytes = 8_000_000): Buffer[] {
  return splitBundle({ name, content }, messageBytes).map(({ part, content: piece }) =>
    composeMessage(envelope, part, piece, stamp),
  );
}

test("of any size, cut at any limit: no message is larger, no line longer than 998, and the parts are the whole", async () => {
  const sizes = fc.tuple(
    fc.integer({ min: 0, max: 200_000 }),
    fc.integer({ min: 20_000, max: 90_000 }),
  );
  await fc.assert(
    fc.asyncProperty(sizes, async ([bytes, limit]) => {
      const content = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536)));
      const whole = Buffer.concat([content, content, content]).subarray(0, bytes);
      const messages = compose(whole, limit);
      const pieces: Uint8Array[] = [];
      for (const [index, message] of messages.entries()) {
        expect(message.length).toBeLessThanOrEqual(limit);
        expect(
          Math.max(
            ...message
              .toString("latin1")
              .split("\r\n")
              .map((line) => line.length),
          ),
        ).toBeLessThan(998);
        const part = (await readHead(message)) as Part;
        const piece = (await readAttachment(message)) as Uint8Array;
        expect(part).toMatchObject({ name, index, sha256: hashOf(whole) });
        expect(part.partsSha256[index]).toBe(hashOf(piece));
        pieces.push(piece);
      }
      expect(Buffer.compare(Buffer.concat(pieces), whole)).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test("the largest bundle that goes as one message keeps to the limit, and one byte more makes two", () => {
  const limit = 64_000;
  let bytes = Math.floor(limit * 0.74);
  while (compose(new Uint8Array(bytes), limit).length > 1) bytes -= 1;
  const [message] = compose(new Uint8Array(bytes), limit);
  expect(message!.length).toBeLessThanOrEqual(limit);
  expect(message!.length).toBeGreaterThan(limit - 4096);
  expect(compose(new Uint8Array(bytes + 1), limit)).toHaveLength(2);
});

test("a bundle of the size that the traits promise fits, a larger one doesn't", () => {
  const limit = 64_000;
  const most = bundleRoom(limit);
  expect(compose(new Uint8Array(most), limit)).toHaveLength(partsMax);
  expect(() => compose(new Uint8Array(most + 1), limit)).toThrow(
    expect.objectContaining({ code: "file-unsuitable" }),
  );
});

test("people can filter by the subject, robots don't answer", () => {
  const [one] = compose(Buffer.from("x"));
  expect(String(one)).toContain(`\r\nSubject: [siteferry] remote1 ${name}\r\n`);
  expect(String(one)).toContain("\r\nAuto-Submitted: auto-generated\r\n");
  const [, second] = compose(new Uint8Array(100_000), 64_000);
  expect(String(second)).toContain(`\r\nSubject: [siteferry] remote1 ${name} (2/3)\r\n`);
  expect(String(second)).toContain(`filename="${name}.part2of3"`);
});

const honest = String(compose(Buffer.from("content"))[0]);

test("line feeds alone, as pipes have them, are read as well", async () => {
  const message = Buffer.from(honest.replaceAll("\r\n", "\n"));
  expect(await readHead(message)).toMatchObject({ name, index: 0 });
  expect(Buffer.from((await readAttachment(message)) as Uint8Array).toString()).toBe("content");
});

test("R58 mail without our header isn't ours, whatever its subject, sender and attachment say", async () => {
  const forged = honest.replace(/^X-Siteferry-Bundle: .*\r\n/m, "");
  expect(await readHead(Buffer.from(forged))).toBeNull();
  const inBody = `Subject: hello\r\n\r\n${honest}`;
  expect(await readHead(Buffer.from(inBody))).toBeNull();
  expect(await readHead(Buffer.from(""))).toBeNull();
});

const header = (key: keyof typeof headerNames, value: string): string =>
  honest.replace(
    new RegExp(`^${headerNames[key]}: .*\r\n`, "m"),
    `${headerNames[key]}: ${value}\r\n`,
  );

test.each([
  ["a path for a name", header("bundle", "../../etc/passwd.ferry")],
  ["a terminal's escape for a name", header("bundle", "\u001b[31m.ferry")],
  ["no hash", header("sha256", "")],
  ["half a hash", header("sha256", "00ff")],
  ["part 0", header("part", "0/1")],
  ["part 2 of 1", header("part", "2/1")],
  ["more parts than hashes", header("part", "1/2")],
  ["more parts than allowed", header("parts", Array(200).fill("0".repeat(64)).join(" "))],
  ["the same header twice", `${headerNames.bundle}: ${name}\r\n${honest}`],
  [
    "too many headers",
    `${"X-Filler: x\r\n".repeat(20_000)}${honest}`.replace(/^/, `${headerNames.bundle}: y\r\n`),
  ],
])("R58 a head with %s is ours and can't be used", async (_what, message) => {
  const head = await readHead(Buffer.from(message));
  expect(head).toHaveProperty("problem");
  expect(JSON.stringify(head)).not.toContain("\u001b");
});

const attachment = `Content-Type: ${mailType}`;

test.each([
  ["no attachment", honest.replace(attachment, "Content-Type: text/plain")],
  [
    "two attachments",
    honest.replace(/--siteferry-\w+\r\nContent-Type: app[^]*?==\r\n/, (part) => part + part),
  ],
  ["a forwarded one", `Content-Type: message/rfc822\r\n\r\n${honest}`],
  ["parts within parts", nested(50)],
])("R58 a message with %s is refused", async (_what, message) => {
  expect(await readAttachment(Buffer.from(message))).toHaveProperty("problem");
});

function nested(depth: number): string {
  let message = "";
  for (let level = 0; level < depth; level++) {
    message += `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`;
  }
  return message + honest;
}

test("any bytes at all are read or refused, never thrown", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(honest.length),
      async (bytes, at) => {
        const message = Buffer.concat([
          Buffer.from(honest.slice(0, at)),
          bytes,
          Buffer.from(honest.slice(at)),
        ]);
        await readHead(message);
        await readAttachment(message);
      },
    ),
    { numRuns: 300 },
  );
});
