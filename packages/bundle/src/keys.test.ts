// Keys of siteferry are keys of OpenSSH, in both directions.

import { verify } from "node:crypto";
import { expect, test } from "vitest";
import { publicKeyObject } from "./ed25519.ts";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { generateKey, loadSigner } from "./keys.ts";

/** Made by `ssh-keygen -t ed25519 -N secret`; it opens nothing. */
const encryptedKey = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBzBHBSc4
4sHRBBJCyTqmzZAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIEalNjiRf3nGxijW
Gvq0FwHOUywrJgAZNA8OdgTGmV8RAAAAkJs7oW6EU0t5i1psHcG2Yxn636M+SJ/MTcwliv
+Zsj63EIe9vuaTCsXijezK4/rw5FsoUym3hMzWaFs1UClclBbTVengI9Jt27JXl4aH7A83
ny1NmMHhMHfjgeiBdrUJBDNKWkL4WPFW/ohXXVEp/+yJSn3Yin408yz5ok/7z8ubBJJUtn
dIMF8v0sAIc4xyUQ==
-----END OPENSSH PRIVATE KEY-----`;

test("a generated key signs, and its public line names the comment", async () => {
  const pair = await generateKey("siteferry remote1");
  expect(pair.publicLine).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ siteferry remote1$/);
  const signer = await loadSigner(pair.privateKey, "site.key");
  expect(pair.publicLine.split(" ")[1]).toBe(Buffer.from(signer.publicKey).toString("base64"));
  const data = Buffer.from("header");
  const key = publicKeyObject(Buffer.from(signer.publicKey));
  expect(verify(null, data, key, signer.sign(data))).toBe(true);
});

test.each([
  ["protected by a passphrase", encryptedKey],
  ["is no OpenSSH private key", "not a key"],
  ["is no OpenSSH private key", ""],
])("a key file that %s is unusable", async (problem, text) => {
  const loading = loadSigner(text, "/etc/site.key");
  await expect(loading).rejects.toMatchObject({ code: "key-unusable" });
  await expect(loading).rejects.toThrow(`/etc/site.key is ${problem.replace(/^is /, "")}`);
});

test("a public key is no private key", async () => {
  const { publicLine } = await generateKey("x");
  await expect(loadSigner(publicLine, "site.pub")).rejects.toMatchObject({ code: "key-unusable" });
});

test("each new key can be used, also the one in 256 that begins with a zero byte", async () => {
  for (let number = 0; number < 1500; number++) {
    const { privateKey, publicLine } = await generateKey("remote1");
    const { keyId } = await loadSigner(privateKey, "key");
    expect([...parseAllowedSigners(`remote1 ${publicLine}`, "list").keys()]).toEqual([keyId]);
  }
});
