import { FerryError, parseSiteId } from "@siteferry/model";
import { beforeAll, describe, expect, test } from "vitest";
import { addSigner } from "./add-signer.ts";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { generateKey } from "./keys.ts";

const remote1 = parseSiteId("remote1")!;
const remote2 = parseSiteId("remote2")!;
let one = "";
let two = "";
beforeAll(async () => {
  one = (await generateKey("remote1")).publicLine;
  two = (await generateKey("remote2")).publicLine;
});

test("a key comes in as siteferry's alone, whatever else its line says", () => {
  for (const line of [one, `  ${one} `, `other valid-after="20200101" ${one}`]) {
    expect(addSigner("# ours", "list", remote1, line)).toBe(
      `# ours\nremote1 namespaces="siteferry" ${one}\n`,
    );
  }
  const list = addSigner(addSigner("", "list", remote1, one), "list", remote2, two);
  expect(parseAllowedSigners(list, "list").size).toBe(2);
  expect(addSigner(list, "list", remote1, one)).toBe(list);
});

test("a comment that could be something else doesn't come in", () => {
  const bare = one.split(" ").slice(0, 2).join(" ");
  const list = addSigner("", "list", remote1, `${bare} \u001b[2J`);
  expect(list).toBe(`remote1 namespaces="siteferry" ${bare}\n`);
});

describe("refused is", () => {
  const codeOf = (work: () => string): string => {
    try {
      return work();
    } catch (error) {
      return error instanceof FerryError ? `${error.code}: ${error.message}` : "";
    }
  };
  test("what is no key, or more than one line", () => {
    for (const line of ["", "ssh-rsa AAAA", "ssh-ed25519", "ssh-ed25519 AAAA", `${one}\n${two}`]) {
      expect(
        codeOf(() => addSigner("", "list", remote1, line)),
        line,
      ).toMatch(/^signers-invalid/);
    }
  });

  test("a key for which anybody can sign", () => {
    const blob = Buffer.concat([
      Buffer.from("0000000b7373682d6564323535313900000020", "hex"),
      Buffer.from(`01${"00".repeat(31)}`, "hex"),
    ]);
    const line = `ssh-ed25519 ${blob.toString("base64")} x`;
    expect(codeOf(() => addSigner("", "list", remote1, line))).toMatch(/^key-low-order/);
  });

  test("another site's key, a second one, a revoked one", () => {
    const list = addSigner("", "list", remote1, one);
    expect(codeOf(() => addSigner(list, "list", remote2, one))).toContain("is remote1's in list");
    expect(codeOf(() => addSigner(list, "list", remote1, two))).toContain(
      "has another key in list",
    );
    const id = [...parseAllowedSigners(list, "list").keys()];
    const revoked = new Set(id);
    expect(codeOf(() => addSigner("", "list", remote1, one, revoked))).toContain("was revoked");
  });
});
