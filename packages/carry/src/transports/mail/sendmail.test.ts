import { readFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { pipeToSendmail } from "./sendmail.ts";

const envelope = { from: "remote1@site.example", to: "ferry@centre.example" };
const message = Buffer.from("Subject: x\r\n\r\nhello\r\n");

test("the program gets sender and recipient as arguments, and lines that end as in Unix", async () => {
  await using directory = await makeTemporaryDirectory("sendmail");
  const script = `{ printf '%s|' "$@"; cat; } > ${directory.path}/out`;
  await pipeToSendmail(["/bin/sh", "-c", script, "sendmail", "-i"], envelope, message);
  expect(await readFile(`${directory.path}/out`, "utf8")).toBe(
    `-i|-f|${envelope.from}|--|${envelope.to}|Subject: x\n\nhello\n`,
  );
});

test.each([
  [
    "says try again",
    "cat >/dev/null; echo 'queue is full' >&2; exit 75",
    "link-unreachable",
    "queue is full",
  ],
  ["fails, with an escape", "printf 'no \\033[31m' >&2; exit 1", "link-protocol", "no \\x1b[31m"],
  ["is killed", "kill -9 $$", "link-protocol", "SIGKILL"],
])("a program that %s", async (_what, script, code, said) => {
  const sent = pipeToSendmail(["/bin/sh", "-c", script], envelope, Buffer.alloc(1_000_000));
  await expect(sent).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
});

test("a program that isn't there", async () => {
  const sent = pipeToSendmail(["/nowhere/sendmail"], envelope, message);
  await expect(sent).rejects.toMatchObject({
    code: "system-error",
    message: expect.stringContaining("ENOENT"),
  });
});
