import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { FerryError } from "@siteferry/model";
import { expect, test } from "vitest";
import { Busy } from "../../transport.ts";
import { remote1, remote2, say, senderTo, startListener, token } from "./test-http.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const path = `/v1/sites/remote1/bundles/${name}`;
const bundle = { name, content: Buffer.from("content") };
const receipt = Buffer.from("receipt\n");
const authorised = `Host: x\r\nAuthorization: Bearer ${token(remote1)}\r\n`;

const failure = async (work: Promise<unknown>): Promise<FerryError> =>
  await work.then(
    () => expect.fail("it went well"),
    (error: unknown) => error as FerryError,
  );

const never = async (): Promise<never> => expect.fail("the door was reached");

const endless = [
  "GET /v1/health",
  "HEAD /v1/health",
  "POST /v1/health",
  "DELETE /",
  `GET ${path}`,
  `PUT ${path}`,
  `PUT ${path.replace("remote1/", "remote2/")}`,
];
const lengths = ["Content-Length: 1000000", "Transfer-Encoding: chunked"];
const expectations = ["", "Expect: 100-continue\r\n", "Expect: wonders\r\n", "Upgrade: h2c\r\n"];

test.each(endless)("R59 %s with a body that never ends is answered, and cut", async (line) => {
  await using listener = await startListener(never, { bounds: { lingerMs: 50 } });
  for (const length of lengths) {
    for (const expectation of expectations) {
      const socket = connect(listener.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(`${line} HTTP/1.1\r\nHost: x\r\n${expectation}${length}\r\n\r\n`);
      // A byte is a whole chunk too.
      const dripping = setInterval(() => socket.write("1\r\nx\r\n"), 10);
      let answer = "";
      socket.on("data", (data) => (answer += String(data)));
      await new Promise((resolve) => void socket.once("close", resolve));
      clearInterval(dripping);
      const status = expectation.includes("wonders") ? 417 : line.endsWith("health") ? 200 : 40;
      const expected = line.startsWith("POST") && status === 200 ? 404 : status;
      expect(answer, expectation).toMatch(new RegExp(`^HTTP/1.1 ${expected}`));
      expect(answer.toLowerCase()).toContain("connection: close");
    }
  }
});

test("R59 a body that drips is answered with 408, headers that drip likewise", async () => {
  const bounds = { bodyTickMs: 50, headersMs: 200 };
  await using listener = await startListener(never, { bounds });
  const head = `PUT ${path} HTTP/1.1\r\n${authorised}Content-Length: 100000\r\n\r\nfirst bytes`;
  expect((await say(listener, head, /}/)).answer).toMatch(/^HTTP\/1.1 408 /);
  expect((await say(listener, "GET /v1/health HTTP/1.1\r\nHost:")).answer).toMatch(
    /^HTTP\/1.1 408 /,
  );
});

test("a site's next upload waits for one before it, but not for long; others pass", async () => {
  const bounds = { uploadsPerSiteMax: 1, turnMs: 50 };
  await using listener = await startListener(async () => receipt, { bounds });
  const first = connect(listener.port, "127.0.0.1");
  first.write(`PUT ${path} HTTP/1.1\r\nExpect: 100-continue\r\n`);
  first.write(`${authorised}Content-Length: 7\r\n\r\n`);
  await once(first, "data");
  const address = `http://127.0.0.1:${listener.port}`;
  await using second = senderTo(address, remote1);
  await using other = senderTo(address, remote2);
  const busy = await failure(second.send(bundle));
  expect(busy).toBeInstanceOf(Busy);
  expect(busy).toMatchObject({ code: "receiver-busy", retryAfterMs: 30_000 });
  const theirs = { ...bundle, name: name.replace("remote1", "remote2") };
  expect(await other.send(theirs)).toEqual(receipt);
  first.write("content");
  await once(first, "data");
  expect(await second.send(bundle)).toEqual(receipt);
  first.destroy();
});

test("two lanes of a site upload at once; a third one's turn comes when one of them is cut", async () => {
  await using listener = await startListener(async () => receipt, { bounds: { turnMs: 60_000 } });
  const lanes: Socket[] = [];
  for (let lane = 0; lane < 2; lane++) {
    const socket = connect(listener.port, "127.0.0.1");
    socket.write(`PUT ${path} HTTP/1.1\r\nExpect: 100-continue\r\n`);
    socket.write(`${authorised}Content-Length: 7\r\n\r\n`);
    expect(String(await once(socket, "data"))).toContain("100 Continue");
    lanes.push(socket);
  }
  await using third = senderTo(`http://127.0.0.1:${listener.port}`, remote1);
  const sent = third.send(bundle);
  lanes[0]!.resetAndDestroy();
  expect(await sent).toEqual(receipt);
  lanes[1]!.destroy();
});

test("more bytes than are allowed for all: 503 with Retry-After", async () => {
  const bounds = { bytesInFlightMax: 5, bytesOfSiteMin: 0 };
  await using listener = await startListener(never, { bounds });
  await using sender = senderTo(`http://127.0.0.1:${listener.port}`, remote1);
  expect(await failure(sender.send(bundle))).toMatchObject({
    code: "receiver-busy",
    retryAfterMs: 10_000,
  });
});

test("R59 a body that fills all the room and doesn't end gives way to another site's", async () => {
  const bounds = { bytesInFlightMax: 1000, bytesOfSiteMin: 0 };
  await using listener = await startListener(async () => receipt, { bounds });
  const slow = connect(listener.port, "127.0.0.1");
  slow.on("error", () => {});
  slow.write(`PUT ${path} HTTP/1.1\r\nExpect: 100-continue\r\n`);
  slow.write(`${authorised}Content-Length: 2000\r\n\r\n`);
  await once(slow, "data");
  let answer = "";
  slow.on("data", (data) => (answer += String(data)));
  slow.write("x".repeat(1000));
  await using other = senderTo(`http://127.0.0.1:${listener.port}`, remote2);
  const theirs = { name: name.replace("remote1", "remote2"), content: Buffer.alloc(900) };
  // It may overtake the slow one at first.
  while (answer === "") expect(await other.send(theirs)).toEqual(receipt);
  expect(answer).toMatch(/^HTTP\/1.1 503 .*retry-after: 10/is);
  slow.destroy();
});
