import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { composeMessage, splitBundle } from "./compose.ts";
import { pop3Mailbox } from "./pop3.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const [{ part, content }] = splitBundle({ name, content: Buffer.from("content") }, 64_000) as [
  ReturnType<typeof splitBundle>[number],
];
const message = String(
  composeMessage({ from: "a@b", to: "c@d" }, part, content, { date: new Date(0), token: "t" }),
);
const stamped = `Received: from x by y; Sat, 21 Nov 2026 06:00:00 +0000 (UTC)\r\n${message}`;

type Script = Readonly<Record<string, (socket: Socket) => void>>;

const usual: Script = {
  USER: (socket) => socket.write("+OK\r\n"),
  PASS: (socket) => socket.write("+OK\r\n"),
  UIDL: (socket) => socket.write("+OK\r\n1 first\r\n2 second\r\n.\r\n"),
  LIST: (socket) => socket.write(`+OK\r\n1 ${stamped.length}\r\n2 10\r\n.\r\n`),
  QUIT: (socket) => socket.end("+OK\r\n"),
};

/** A server that does what the script says, and remembers the commands. */
async function serve(script: Script) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("+OK hello\r\n");
    socket.on("data", (data) => {
      const line = String(data).trimEnd();
      heard.push(line);
      (script[line] ?? script[line.split(" ")[0]!])?.(socket);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const mailbox = pop3Mailbox({
    host: "127.0.0.1",
    port,
    tls: "none",
    user: "ferry",
    secrets: async () => ({ password: "secret", authorities: null }),
    timeoutMs: 5000,
  });
  return {
    heard,
    mailbox,
    async [Symbol.asyncDispose]() {
      await mailbox.close();
      server.close();
    },
  };
}

/** Each byte on its own. */
function drip(socket: Socket, text: string): void {
  socket.setNoDelay(true);
  for (const character of text) socket.write(character, "latin1");
}

const heads: Script = {
  "TOP 1 0": (socket) => drip(socket, `+OK\r\n${stamped.split("\r\n\r\n")[0]}\r\n\r\n.\r\n`),
  "TOP 2 0": (socket) => socket.write("+OK\r\nSubject: hello\r\n\r\n.\r\n"),
};

test("answers in any pieces, with an empty list, with dots that were doubled", async () => {
  const dotted = `..leading dot\r\n${stamped}`;
  await using server = await serve({
    ...usual,
    ...heads,
    RETR: (socket) => drip(socket, `+OK\r\n${dotted}.\r\n`),
  });
  const [letter, ...more] = await server.mailbox.list();
  expect(more).toEqual([]);
  expect(letter).toMatchObject({ id: "first", receivedMs: Date.UTC(2026, 10, 21, 6) });
  expect(String(Buffer.from((await server.mailbox.read(letter!))!))).toBe(
    `.leading dot\r\n${stamped}`,
  );
  await using empty = await serve({
    ...usual,
    UIDL: (socket) => drip(socket, "+OK\r\n.\r\n"),
    LIST: (socket) => drip(socket, "+OK\r\n.\r\n"),
  });
  expect(await empty.mailbox.list()).toEqual([]);
});

test("one message is looked at once, and only ours are ever deleted, at the session's end", async () => {
  await using server = await serve({
    ...usual,
    ...heads,
    DELE: (socket) => socket.write("+OK\r\n"),
  });
  await server.mailbox.list();
  const [letter] = await server.mailbox.list();
  await server.mailbox.settle([letter!, { ...letter!, id: "gone" }], "done");
  // Half of a bundle that came whole in two other ways goes with both of them.
  await server.mailbox.settle([letter!], "done");
  await server.mailbox.close();
  expect(server.heard.filter((line) => line.startsWith("TOP"))).toHaveLength(2);
  expect(server.heard.slice(-2)).toEqual(["DELE 1", "QUIT"]);
});

test.each([
  ["a list without end", { UIDL: flood }, "link-protocol"],
  [
    "a status line without end",
    { USER: (socket: Socket) => socket.write("x".repeat(5000)) },
    "link-protocol",
  ],
  [
    "no list at all",
    { UIDL: (socket: Socket) => socket.write("+OK\r\n1 \u001b[31m\r\n.\r\n") },
    "link-protocol",
  ],
  [
    "a mailbox that is in use",
    { PASS: (socket: Socket) => socket.write("-ERR [IN-USE] later\r\n") },
    "link-protocol",
  ],
  [
    "a wrong password",
    { PASS: (socket: Socket) => socket.write("-ERR no \u001b[31m\r\n") },
    "login-refused",
  ],
  [
    "an end in the middle",
    { UIDL: (socket: Socket) => socket.end("+OK\r\n1 fi") },
    "link-protocol",
  ],
])("%s is a failure that says so", async (_what, script, code) => {
  await using server = await serve({ ...usual, ...heads, ...script });
  const failure = await server.mailbox.list().then(
    () => null,
    (error: unknown) => error as Error,
  );
  expect(failure).toMatchObject({ code });
  expect(failure!.message).toContain("127.0.0.1:");
  expect(failure!.message).not.toMatch(/\u001b|secret/);
});

function flood(socket: Socket): void {
  socket.write("+OK\r\n");
  const more = (): void => {
    while (!socket.destroyed && socket.write(`1 ${"x".repeat(60_000)}\r\n`));
    socket.once("drain", more);
  };
  more();
}

test("a mailbox that is closed ends what it reads, and one that comes to no end isn't waited for", async () => {
  let nowMs = performance.now();
  using clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  const reading = Promise.withResolvers<void>();
  const look = (socket: Socket): void => {
    nowMs += 10 * 60_000;
    socket.write("+OK\r\nSubject: hello\r\n\r\n.\r\n");
  };
  await using server = await serve({
    ...usual,
    ...heads,
    UIDL: (socket) => socket.write("+OK\r\n1 first\r\n2 second\r\n3 third\r\n.\r\n"),
    "TOP 2 0": look,
    "TOP 3 0": look,
    RETR: () => reading.resolve(),
  });
  expect(await server.mailbox.list()).toEqual([]);
  expect(server.heard.filter((line) => line.startsWith("TOP"))).toEqual(["TOP 3 0", "TOP 2 0"]);
  expect(clock).toHaveBeenCalled();
  const [letter] = await server.mailbox.list();
  const read = server.mailbox.read(letter!);
  const next = server.mailbox.read(letter!);
  const broken = Promise.allSettled([read, next]);
  await reading.promise;
  await server.mailbox.close();
  expect((await broken).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(server.heard.filter((line) => line.startsWith("RETR"))).toHaveLength(1);
});
