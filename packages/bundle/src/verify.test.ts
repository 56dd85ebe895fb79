// Steps 1 to 7: what is refused before anything of a bundle is inflated or parsed.

import { generateKeyPairSync } from "node:crypto";
import { limits, type RefusalCode } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { centre, createdMs, forge, open, publicLine, site, trust, type Forgery } from "./forge.ts";
import { payloadOffset, readHeader } from "./header.ts";
import { generateKey, loadSigner } from "./keys.ts";
import { ownSigner } from "./own-signer.ts";
import { makeSignature } from "./sshsig.ts";
import { verify, type Trust } from "./verify.ts";

const bundle = forge();

async function refusal(bytes: Uint8Array, given: Trust = trust): Promise<string> {
  return verify(bytes, given).then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );
}

function trusting(allowedSigners: string): Trust {
  return { ...trust, signers: parseAllowedSigners(allowedSigners, "allowed_signers") };
}

test("an honest bundle is accepted, and its header read", async () => {
  const { header } = await verify(bundle, trust);
  expect(header).toMatchObject({
    kind: "keyframe",
    site,
    recipient: centre,
    epoch: 1,
    sequence: 2,
  });
  expect(readHeader(bundle).unverified).toEqual(header);
});

describe("keys", () => {
  test("R01 an unknown key", async () => {
    const other = await generateKey("other");
    expect(await refusal(bundle, trusting(`${site} ${other.publicLine}`))).toBe("key-unknown");
  });
  test("R02 the key of another site", async () => {
    expect(await refusal(bundle, trusting(`remote2 ${publicLine}`))).toBe("key-of-another-site");
  });
  test("R03 a revoked key, whatever the list of keys says", async () => {
    const { keyId } = readHeader(bundle).unverified;
    expect(await refusal(bundle, { ...trust, revoked: new Set([keyId]) })).toBe("key-revoked");
    expect(await refusal(bundle, { ...trust, revoked: new Set(["other"]) })).toBe("accepted");
  });
  test("R04 a key before and after its time", async () => {
    const before = trusting(`${site} valid-before="20261001Z" ${publicLine}`);
    const after = trusting(`${site} valid-after="20261201Z" ${publicLine}`);
    const now = trusting(`${site} valid-after="20261001Z",valid-before="20261201Z" ${publicLine}`);
    expect(await refusal(bundle, before)).toBe("key-expired");
    expect(await refusal(bundle, after)).toBe("key-expired");
    expect(await refusal(bundle, now)).toBe("accepted");
  });
  test("a key that stands on an expired and on a valid line is valid", async () => {
    const both = trusting(`${site} valid-before="20200101Z" ${publicLine}\n${site} ${publicLine}`);
    expect(await refusal(bundle, both)).toBe("accepted");
  });
});

describe("header", () => {
  const cases: readonly [string, RefusalCode, (header: Buffer) => void][] = [
    ["R08 another version", "bundle-not-one", (header) => header.writeUInt16BE(2, 8)],
    ["R08 another magic", "bundle-not-one", (header) => header.write("FERRY")],
    ["R39 an unknown critical flag", "bundle-flags", (header) => header.writeUInt8(1, 10)],
    ["R39 a reserved optional flag", "bundle-flags", (header) => header.writeUInt8(1, 11)],
    ["R39 an unknown kind", "bundle-flags", (header) => header.writeUInt8(5, 12)],
    ["R39 no kind", "bundle-flags", (header) => header.writeUInt8(0, 12)],
    ["R39 an unknown codec", "codec-unknown", (header) => header.writeUInt8(0, 13)],
    ["R39 an unknown cipher", "codec-unknown", (header) => header.writeUInt8(2, 14)],
    ["R39 a reserved byte", "bundle-flags", (header) => header.writeUInt8(1, 15)],
    [
      "a site id with more behind its end",
      "key-of-another-site",
      (header) => header.write("x", 40),
    ],
    ["a recipient that is none", "bundle-flags", (header) => header.write("A", 48)],
    ["an epoch over 2^53", "bundle-flags", (header) => header.writeUInt8(0xff, 80)],
    ["a base sequence without a delta", "bundle-flags", (header) => header.writeUInt8(1, 103)],
    ["a base hash without a delta", "bundle-flags", (header) => header.writeUInt8(1, 104)],
    ["R39 something in the rest", "bundle-flags", (header) => header.writeUInt8(1, 383)],
    ["R29 a smaller payload declared", "bundle-trailing", (header) => add(header, 184, -1)],
    ["R29 a larger payload declared", "bundle-truncated", (header) => add(header, 184, 1)],
    ["R09 another recipient", "recipient-other", (header) => header.write("central2", 48)],
    ["R11 an expired bundle", "bundle-expired", (header) => add(header, 176, createdMs + 500)],
    [
      "R12 from the future",
      "created-in-future",
      (header) => add(header, 168, limits.clockSkewMaxMs + 2000),
    ],
  ];
  test.each(cases)("%s", async (_name, code, header) => {
    expect(await refusal(forge({ header }))).toBe(code);
  });
  test("within the skew and before its expiry a bundle is accepted", async () => {
    const header = (bytes: Buffer) => {
      add(bytes, 168, limits.clockSkewMaxMs);
      add(bytes, 176, createdMs + 2000);
    };
    expect(await refusal(forge({ header }))).toBe("accepted");
  });
  test("R02 a bundle of a site that its transport may not speak for", async () => {
    const siteOfTransport = centre;
    expect(await refusal(bundle, { ...trust, siteOfTransport })).toBe("site-other");
    expect(await refusal(bundle, { ...trust, siteOfTransport: site })).toBe("accepted");
  });
  test("R29 a file over the size limit isn't looked into", async () => {
    const large = new Uint8Array(limits.bundleBytesMax + 1);
    expect(await refusal(large)).toBe("bundle-too-large");
  });
});

describe("signature", () => {
  async function resigned(change: (blob: Buffer) => void): Promise<string> {
    const signature: Forgery["signature"] = (honest) => {
      change(honest);
      return honest;
    };
    return refusal(forge({ signature }));
  }

  test("R06 a signature over another header", async () => {
    const other = forge({ header: (header) => add(header, 88, 1) });
    const swapped = Buffer.from(bundle);
    other.copy(swapped, 384, 384, payloadOffset);
    expect(await refusal(swapped)).toBe("signature-bad");
  });
  test("R06 a good signature of a key that isn't the pinned one", async () => {
    const thief = await loadSigner((await generateKey("thief")).privateKey, "thief");
    const header = bundle.subarray(0, 384);
    const signature = makeSignature(header, thief.publicKey, (data) => thief.sign(data));
    expect(await refusal(forge({ signature: () => signature }))).toBe("signature-bad");
  });
  test("R07 another namespace", async () => {
    const change = (blob: Buffer) => blob.write("sitefirry", blob.indexOf("siteferry"));
    expect(await resigned(change)).toBe("signature-namespace");
  });
  test("R08 another version, hash or type", async () => {
    expect(await resigned((blob) => blob.writeUInt32BE(2, 6))).toBe("signature-form");
    expect(await resigned((blob) => blob.write("sha256", blob.indexOf("sha512")))).toBe(
      "signature-form",
    );
    const type = (blob: Buffer) => blob.write("ssh-ed25518", blob.lastIndexOf("ssh-ed25519"));
    expect(await resigned(type)).toBe("signature-form");
  });
});

describe("damage", () => {
  test("R23 truncated at every length", async () => {
    for (let length = 0; length < bundle.length; length++) {
      expect(await refusal(bundle.subarray(0, length))).toBe("bundle-truncated");
    }
  });
  test("R24 one bit flipped at every position", async () => {
    for (let bit = 0; bit < bundle.length * 8; bit++) {
      const damagedPayload = bit >> 3 >= payloadOffset;
      const expected = damagedPayload
        ? /^payload-damaged$/
        : /^(bundle|key|codec|payload|recipient|signature)-/;
      expect(await refusal(flipped(bit)), `bit ${bit}`).toMatch(expected);
    }
    await expect(open(bundle)).resolves.toMatchObject({ kind: "keyframe" });
  });
  test("R25 trailing bytes", async () => {
    expect(await refusal(Buffer.concat([bundle, Buffer.alloc(1)]))).toBe("bundle-trailing");
  });
});

test("inspecting believes the key in the bundle, and still no damage", async () => {
  const given = { ...trust, signers: ownSigner(bundle) };
  expect(await refusal(bundle, given)).toBe("accepted");
  expect(await refusal(flipped(95 * 8), given)).toBe("signature-bad");
});

test("key types other than Ed25519 are refused at both ends", async () => {
  const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const text = pem.export({ type: "sec1", format: "pem" });
  await expect(loadSigner(text, "site.key")).rejects.toMatchObject({ code: "key-unusable" });
});

function flipped(bit: number): Buffer {
  const copy = Buffer.from(bundle);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function add(header: Buffer, offset: number, change: number): void {
  header.writeBigUInt64BE(header.readBigUInt64BE(offset) + BigInt(change), offset);
}
