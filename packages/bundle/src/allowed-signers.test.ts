// The centre's list of keys: what ssh-keygen(1) allows and siteferry takes, and what it doesn't.

import { describe, expect, test } from "vitest";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { wireStrings } from "./wire.ts";

const key = lineOf("5866666666666666666666666666666666666666666666666666666666666666");

function lineOf(rawHex: string, type = "ssh-ed25519"): string {
  return `${type} ${wireStrings(type, Buffer.from(rawHex, "hex")).toString("base64")}`;
}

function only(text: string): object | undefined {
  return [...parseAllowedSigners(text, "signers").values()].flat()[0];
}

function fault(text: string): string {
  try {
    parseAllowedSigners(text, "signers");
    return "accepted";
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
}

test("comments, blank lines, options, quoted principals and several sites are read", () => {
  const text = [
    "# comment",
    "",
    `remote1 ${key} me@there`,
    `"remote2,remote3" namespaces="git,siteferry",valid-after="20260101Z",Valid-Before="202701020304Z" ${key}`,
    `remote4 namespaces="git" ${key}`,
    "",
  ].join("\r\n");
  const [entries, ...others] = parseAllowedSigners(text, "signers").values();
  expect(others).toEqual([]);
  expect(entries).toMatchObject([
    { sites: ["remote1"], validAfterMs: null, validBeforeMs: null },
    {
      sites: ["remote2", "remote3"],
      validAfterMs: Date.UTC(2026, 0, 1),
      validBeforeMs: Date.UTC(2027, 0, 2, 3, 4),
    },
  ]);
});

test("a time without Z is local time, as for ssh-keygen", () => {
  const local = new Date(2026, 6, 1, 12, 30, 15).getTime();
  expect(only(`remote1 valid-after="20260701123015" ${key}`)).toMatchObject({
    validAfterMs: local,
  });
});

describe("refused, with file and line", () => {
  const cases: readonly [string, string, string][] = [
    ["a wildcard", `* ${key}`, "is no site id"],
    ["a part of a list that is a wildcard", `remote1,remote* ${key}`, "is no site id"],
    ["a negated principal", `!remote1 ${key}`, "is no site id"],
    ["a mail address", `a@example.org ${key}`, "is no site id"],
    ["a certificate authority", `remote1 cert-authority ${key}`, "cert-authority isn't supported"],
    ["another option", `remote1 no-pty ${key}`, "no-pty isn't supported"],
    ["an option twice", `remote1 namespaces="a",namespaces="b" ${key}`, "twice"],
    ["a pattern of namespaces", `remote1 namespaces="*" ${key}`, "patterns in namespaces"],
    ["no such day", `remote1 valid-after="20260230Z" ${key}`, "isn't YYYYMMDD"],
    ["no such hour", `remote1 valid-after="202601012400Z" ${key}`, "isn't YYYYMMDD"],
    ["no time", `remote1 valid-after="soon" ${key}`, "isn't YYYYMMDD"],
    [
      "a window that is empty",
      `remote1 valid-after="20260102Z",valid-before="20260101Z" ${key}`,
      "isn't later",
    ],
    ["an open quote", `remote1 namespaces="siteferry ${key}`, "isn't `SITE"],
    ["another type of key", `remote1 ssh-rsa AAAA`, "isn't `SITE"],
    ["no principal", key, "isn't `SITE"],
    ["a cut key", `remote1 ${key.slice(0, -4)}`, "the key is damaged"],
    ["a key with other characters", `remote1 ${key.slice(0, -4)}!${key.slice(-4)}`, "is damaged"],
    [
      "a key of another type inside",
      `remote1 ssh-ed25519 ${lineOf("00".repeat(32), "ssh-rsa").split(" ")[1]}`,
      "the key is damaged",
    ],
  ];
  test.each(cases)("%s", (_name, line, problem) => {
    const found = fault(`# one\n${line}\n`);
    expect(found).toMatch(/^signers-invalid signers:2: /);
    expect(found).toContain(problem);
  });
});

describe("R05 keys for which anybody can sign", () => {
  const small = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];
  test.each(small)("%s, and with the sign bit", (hex) => {
    const signed = Buffer.from(hex, "hex");
    signed[31]! ^= 0x80;
    expect(fault(`remote1 ${lineOf(hex)}`)).toMatch(/^key-low-order signers:1: /);
    expect(fault(`remote1 ${lineOf(signed.toString("hex"))}`)).toMatch(/^key-low-order /);
  });
});
