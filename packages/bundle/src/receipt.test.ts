import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { centre, createdMs, forge, publicLine, signer } from "./forge.ts";
import { generateKey, loadSigner } from "./keys.ts";
import { checkReceipt, makeReceipt } from "./receipt.ts";

const bundle = forge();
const receipt = Buffer.from(makeReceipt(bundle, signer, createdMs));
const trust = {
  centre,
  signers: parseAllowedSigners(`${centre} namespaces="siteferry" ${publicLine}`, "centre_keys"),
  nowMs: createdMs,
};

function check(changed: Uint8Array, of: Uint8Array = bundle, more = {}): () => void {
  return () => checkReceipt(changed, of, { ...trust, ...more });
}

const invalid = expect.objectContaining({ code: "receipt-invalid" });

test("the centre's receipt holds for the file that it was made for, and for no other", () => {
  check(receipt)();
  expect(check(receipt, forge({ header: (header) => header.writeUInt8(7, 300) }))).toThrow(invalid);
});

test("each changed byte of a receipt is noticed", () => {
  for (let at = 0; at < receipt.length; at++) {
    const changed = Buffer.from(receipt);
    changed[at]! ^= 1;
    expect(check(changed), `byte ${at}`).toThrow(invalid);
  }
  for (const length of [0, 1, 100, receipt.length - 1]) {
    expect(check(receipt.subarray(0, length))).toThrow(invalid);
  }
  expect(check(Buffer.concat([receipt, Buffer.from("\n")]))).toThrow(invalid);
});

test("a key that isn't the centre's, or not any more, signs no receipt", async () => {
  const other = await loadSigner((await generateKey("other")).privateKey, "other");
  expect(check(makeReceipt(bundle, other, createdMs))).toThrow(invalid);
  const ofAnother = parseAllowedSigners(`elsewhere ${publicLine}`, "centre_keys");
  expect(check(receipt, bundle, { signers: ofAnother })).toThrow(invalid);
  const ended = parseAllowedSigners(`${centre} valid-before="20200101" ${publicLine}`, "keys");
  expect(check(receipt, bundle, { signers: ended })).toThrow(invalid);
});

test("the stock ssh-keygen verifies it", async () => {
  await using directory = await makeTemporaryDirectory("receipt");
  const [text = "", armour = ""] = receipt.toString().split(/(?=-----BEGIN)/);
  const at = (name: string): string => `${directory.path}/${name}`;
  writeFileSync(at("sig"), armour);
  writeFileSync(at("text"), text);
  writeFileSync(at("allowed"), `${centre} ${publicLine}\n`);
  const verified = execFileSync(
    "ssh-keygen",
    ["-Y", "verify", "-f", at("allowed"), "-I", centre, "-n", "siteferry", "-s", at("sig")],
    { input: readFileSync(at("text")) },
  );
  expect(String(verified)).toContain(`Good "siteferry" signature for ${centre}`);
});
