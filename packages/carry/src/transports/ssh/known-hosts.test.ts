import { expect, test } from "vitest";
import { algorithmsFor } from "./algorithms.ts";
import { findKnownHost, judgeHostKey, knownTypes } from "./known-hosts.ts";

// Made by ssh-keygen of OpenSSH 9.2; hashed by its -H.
const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBj8XgKgYKla3MP/MTa4220xB92747VjoIFo9d4KWl6";
const ecdsa =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJM05AKjUkT/yGRm/UFvkefersaoiVeSzRgADxQyrFkO15thE0bxjtY6gZMTnzcVODsRsnqdhxKozhgSY5xNNiY=";
const hashed = `
|1|SxVPpM85CjUqg0QIYW0BB4+9uug=|QHZHnVrVSzjbDwwH9RnED6zAA6I= ${ed25519}
|1|GUAMguKYxKU9LbxlQKfrgsxnGjg=|LwnzYluQldyg5zBknyE6DGqPsR8= ${ed25519}
|1|sn9CjGhOq2MyKnHx7skQFOmqeXI=|EVh/FzFhslTgvQhheJ8nXaKClYs= ${ecdsa}
`;
const blob = (key: string): Buffer => Buffer.from(key.split(" ")[1]!, "base64");
const other = Buffer.from(blob(ed25519)).fill(7, 20);

/** Null, or what is wrong. */
function judge(text: string, key: Uint8Array, host = "central", port = 22): string | null {
  return judgeHostKey(findKnownHost(text, "known_hosts", host, port), key);
}

test("hashed names, with and without a port, and an address", () => {
  expect(judge(hashed, blob(ed25519))).toBeNull();
  expect(judge(hashed, blob(ed25519), "CENTRAL")).toBeNull();
  expect(judge(hashed, blob(ed25519), "192.0.2.7")).toBeNull();
  expect(judge(hashed, blob(ecdsa), "central", 2222)).toBeNull();
  expect(judge(hashed, blob(ecdsa), "central", 2223)).toContain("no line for [central]:2223");
  expect(judge(hashed, blob(ed25519), "elsewhere")).toContain("no line for elsewhere");
});

test.each([
  ["central", true],
  ["Central,other", true],
  ["cen*", true],
  ["c*t*a?", true],
  ["*", true],
  ["*.example", false],
  ["centra", false],
  ["central?", false],
  ["!central,*", false],
  ["*,!cen*", false],
  ["!other", false],
  ["!other,central", true],
  ["[central]:22", false],
  ["", false],
  ["#central", false],
])("the patterns %s speak of central: %s", (patterns, isKnown) => {
  expect(judge(`${patterns} ${ed25519} a comment`, blob(ed25519)) === null).toBe(isKnown);
});

test("many stars take no time", () => {
  const patterns = `${"*a".repeat(200)}b`;
  expect(judge(`${patterns} ${ed25519}`, blob(ed25519), "a".repeat(250))).not.toBeNull();
});

test("R60 a changed key is told from an unknown one, with both fingerprints", () => {
  const text = `central ${ed25519}\r\n`;
  expect(judge(text, blob(ed25519))).toBeNull();
  const changed = judge(text, other);
  expect(changed).toContain("SHA256:aNKq7+7JEYvJAjl3ZCU/xh/+fcyQDO5yppqFA4DbwSw");
  expect(changed).toContain("it has changed");
  expect(judge(text, blob(ecdsa))).toMatch(
    /ecdsa-sha2-nistp256 key SHA256:HYemi9.* knows ssh-ed25519/,
  );
  expect(judge("", blob(ecdsa))).toContain("no line for central");
});

test("@revoked wins, for the hosts that it names", () => {
  const text = `central ${ed25519}\n@revoked cen* ${ed25519}\nelsewhere ${ed25519}\n`;
  expect(judge(text, blob(ed25519))).toContain("is revoked in known_hosts");
  expect(judge(text, blob(ed25519), "elsewhere")).toBeNull();
  expect(knownTypes(findKnownHost(text, "known_hosts", "central", 22))).toEqual([]);
});

test("a @revoked line that can't be read is an error, others are passed over", () => {
  const bad = ["central", "central ssh-ed25519", "central ssh-rsa AAAA", "central 1024 35 12345"];
  for (const line of bad) {
    expect(judge(`${line}\n`, other)).toContain("no line for central");
    expect(() => judge(`central ${ed25519}\n@revoked ${line}\n`, blob(ed25519))).toThrow(
      "known_hosts:2: this @revoked line has no key that can be read",
    );
  }
});

test("authorities of host certificates are believed for nothing, and the message says so", () => {
  const text = `@cert-authority * ${ed25519}\n@elsewhere central ${ed25519}\n`;
  expect(judge(text, blob(ed25519))).toContain("@cert-authority line isn't supported");
});

test("algorithms of known keys are asked for first, and none with SHA-1 at all", () => {
  const known = (text: string) => algorithmsFor(knownTypes(findKnownHost(text, "", "central", 22)));
  const { serverHostKey: ofEcdsa } = known(`central ${ecdsa}`);
  expect((ofEcdsa as string[]).slice(0, 2)).toEqual(["ecdsa-sha2-nistp256", "ssh-ed25519"]);
  const rsa = `ssh-rsa ${Buffer.from("\0\0\0\x07ssh-rsa").toString("base64")}`;
  const { serverHostKey } = known(`central ${rsa}`);
  expect((serverHostKey as string[]).slice(0, 2)).toEqual(["rsa-sha2-512", "rsa-sha2-256"]);
  expect(JSON.stringify(known(""))).not.toMatch(/sha1|"ssh-rsa"|ssh-dss|cbc|md5|zlib/);
});
