// Private keys against ssh-keygen's own, whole and damaged.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { parsePrivateKey } from "./private-key.ts";

async function keygen(type: string, ...more: string[]): Promise<{ own: string; other: string }> {
  const { path, remove } = await makeTemporaryDirectory("key");
  const file = `${path}/key`;
  const words = ["-q", "-t", type, "-N", "", "-C", "the comment", ...more, "-f", file];
  await promisify(execFile)("ssh-keygen", words);
  const texts = { own: await readFile(file, "utf8"), other: await readFile(`${file}.pub`, "utf8") };
  await remove();
  return texts;
}

test("a key of ssh-keygen's is read, also with line feeds of Windows", async () => {
  const { own, other } = await keygen("ed25519");
  for (const text of [own, own.replaceAll("\n", "\r\n"), `\n${own}\n`]) {
    const key = parsePrivateKey(text);
    expect(typeof key === "string" ? key : key.publicKey.toString("base64")).toBe(
      other.split(" ")[1],
    );
  }
});

test("other kinds are told apart", async () => {
  const rsa = await keygen("rsa", "-b", "2048");
  const pem = await keygen("rsa", "-b", "2048", "-m", "PEM");
  expect(parsePrivateKey(rsa.own)).toBe("is not an Ed25519 key");
  expect(parsePrivateKey(pem.own)).toBe("is not an Ed25519 key");
  expect(parsePrivateKey(rsa.other)).toBe("holds no private key");
});

test("each byte that is changed, and each that is missing, is noticed or doesn't matter", async () => {
  const { own, other } = await keygen("ed25519");
  const [first, ...rest] = own.trim().split("\n");
  const last = rest.pop();
  const bytes = Buffer.from(rest.join(""), "base64");
  const publicKey = other.split(" ")[1];
  const parse = (changed: Buffer): string => {
    const key = parsePrivateKey(`${first}\n${changed.toString("base64")}\n${last}\n`);
    return typeof key === "string" ? key : key.publicKey.toString("base64");
  };
  let refused = 0;
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 0x55;
    const found = parse(changed);
    if (found === publicKey) continue;
    expect(found).toMatch(/^is /);
    refused += 1;
  }
  // All but the rest of the comment, its padding, and the names of a cipher that isn't used.
  expect(refused).toBeGreaterThan(bytes.length - 60);
  for (let length = 0; length < bytes.length - 40; length++) {
    expect(parse(bytes.subarray(0, length))).toMatch(/^is /);
  }
});
