import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { composeMessage, splitBundle } from "./compose.ts";
import { imapFolder } from "./imap.ts";
import { readHead } from "./parse.ts";

const name = "remote1-000000000001-000000000001.keyframe.ferry";
const [{ part, content }] = splitBundle({ name, content: Buffer.from("content") }, 64_000) as [
  ReturnType<typeof splitBundle>[number],
];
const message = String(
  composeMessage({ from: "a@b", to: "c@d" }, part, content, { date: new Date(0), token: "t" }),
);
const head = `${message.split("\r\n\r\n")[0]}\r\n\r\n`;

const literal = (text: string): string => `{${text.length}}\r\n${text}`;
const headOf = (uid: number): string =>
  `* ${uid} FETCH (UID ${uid} RFC822.SIZE 1000 BODY[HEADER.FIELDS (X)] ${literal(head)})\r\n`;
const wholeOf = (uid: number): string =>
  `* ${uid} FETCH (UID ${uid} BODY[]<0> ${literal(message)})\r\n`;

/** A folder with the messages 1 and 2, of a server that answers FETCH as it likes. */
async function serve(
  answers: { readonly list: string; readonly read: string },
  judge: typeof readHead,
) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("* OK [CAPABILITY IMAP4rev1 UIDPLUS] hello\r\n");
    let said = "";
    socket.on("data", (data) => {
      said += String(data);
      for (let end = said.indexOf("\r\n"); end >= 0; end = said.indexOf("\r\n")) {
        const line = said.slice(0, end);
        said = said.slice(end + 2);
        const [tag] = line.split(" ");
        const answer = line.includes("UID SEARCH")
          ? "* SEARCH 1 2\r\n"
          : line.includes("UID FETCH")
            ? line.includes("HEADER")
              ? answers.list
              : answers.read
            : line.includes("EXAMINE")
              ? "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] fine\r\n"
              : "";
        socket.write(`${answer}${tag} OK done\r\n`);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const mailbox = imapFolder({
    host: "127.0.0.1",
    port,
    tls: "none",
    user: "ferry",
    secrets: async () => ({ password: "secret", authorities: null }),
    timeoutMs: 5000,
    folder: "INBOX",
    done: null,
    refused: null,
    readHead: judge,
  });
  return {
    mailbox,
    async [Symbol.asyncDispose]() {
      await mailbox.close();
      server.close();
    },
  };
}

test("of what a server answers only the messages that were asked for are kept", async () => {
  const many = Array.from({ length: 100 }, (_, index) => index + 1);
  const list = many.map(headOf).join("");
  const gone = "* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n";
  const read = gone + [8, 2, 9].map(wholeOf).join("");
  const looked = vi.fn<typeof readHead>(readHead);
  await using server = await serve({ list, read }, looked);
  const letters = await server.mailbox.list();
  expect(looked).toHaveBeenCalledTimes(2);
  expect(letters.map(({ id }) => id)).toEqual(["7.2", "7.1"]);
  expect(String(await server.mailbox.read(letters[0]!))).toBe(message);
  expect(await server.mailbox.read(letters[1]!)).toBeNull();
});
