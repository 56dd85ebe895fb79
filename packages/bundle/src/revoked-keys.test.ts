import { expect, test } from "vitest";
import { generateKey, loadSigner } from "./keys.ts";
import { parseRevokedKeys } from "./revoked-keys.ts";

test("R03 each line revokes a key; one that can't be read stops everything", async () => {
  const { publicLine, privateKey } = await generateKey("remote1");
  const { keyId } = await loadSigner(privateKey, "key");
  expect([...parseRevokedKeys(`# lost\n\n${publicLine}\n`, "file")]).toEqual([keyId]);
  for (const line of ["ssh-rsa AAAA", "ssh-ed25519 AAAA", "remote1 ssh-ed25519 AAAA"]) {
    expect(() => parseRevokedKeys(`\n${line}`, "file")).toThrow("file:2");
  }
});
