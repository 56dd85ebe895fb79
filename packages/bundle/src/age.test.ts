// Encryption: only the centre's key opens, and what an attacker can do to the ciphertext is refused.

import { hostStateTable, limits, serviceStateTable, type RefusalCode } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { decrypt, encrypt, generateAgeKey, isAgeRecipient, parseAgeIdentities } from "./age.ts";
import { readBase } from "./base.ts";
import { centre, createdMs, forge, open, signer, site, trust } from "./forge.ts";
import { headerBytes, payloadOffset } from "./header.ts";
import { memberWriter } from "./member.ts";
import type { UnpackOptions } from "./open.ts";
import { sealWithBase, type SealInput } from "./seal.ts";

const key = await generateAgeKey();
const identities = parseAgeIdentities(key.identityText, "centre.age");
const stranger = parseAgeIdentities((await generateAgeKey()).identityText, "stranger.age");
const input: SealInput = {
  site,
  recipient: centre,
  epoch: 1,
  sequence: 2,
  createdMs,
  expiresMs: 0,
  kind: "keyframe",
  configurationHash: "ab".repeat(32),
  source: { program_version: "4.4.14", livestatus_version: "1.5.1" },
  members: [hostStateTable, serviceStateTable].map((table) => memberWriter(table).finish()),
};
const { bundle, base } = await sealWithBase(input, signer, { recipients: [key.recipient] });

async function refusal(bytes: Uint8Array, options: UnpackOptions): Promise<string> {
  return open(bytes, trust, options).then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );
}

/** As a hostile site would sign it: the honest zstd frame is handed over, a payload comes back. */
function forged(payload: (frame: Buffer) => Buffer): Buffer {
  return forge({ payload, header: (header) => header.writeUInt8(1, 14) });
}

test("the centre's key opens", async () => {
  expect(await refusal(bundle, { identities, mustBeEncrypted: true })).toBe("accepted");
  expect(await refusal(bundle, { identities: [...stranger, ...identities] })).toBe("accepted");
});

test("nothing of the rows can be read without the key", () => {
  expect(Buffer.from(bundle).includes("age-encryption.org/v1\n-> X25519 ")).toBe(true);
  expect(Buffer.from(bundle).includes(base.subarray(payloadOffset, payloadOffset + 64))).toBe(
    false,
  );
});

test("R09 encrypted for another key, or for a centre that has none", async () => {
  expect(await refusal(bundle, { identities: stranger })).toBe("encrypted-for-other");
  expect(await refusal(bundle, {})).toBe("encrypted-for-other");
});

test("R39 a bundle in clear where encryption is asked for", async () => {
  expect(await refusal(forge(), { identities, mustBeEncrypted: true })).toBe("encryption-missing");
  expect(await refusal(forge(), { identities })).toBe("accepted");
});

test("a header that says age over a payload in clear, and the other way round", async () => {
  expect(
    await refusal(
      forged((frame) => frame),
      { identities },
    ),
  ).toBe("decryption-bad");
  const sealed = Buffer.from(bundle.subarray(payloadOffset));
  expect(await refusal(forge({ payload: () => sealed }), {})).toBe("inflation-bad");
});

describe("a ciphertext that was damaged and signed again", () => {
  const cipher = Buffer.from(bundle.subarray(payloadOffset));
  test("R24 a bit flipped, at every tenth byte", async () => {
    for (let byte = 0; byte < cipher.length; byte += 10) {
      const damaged = Buffer.from(cipher);
      damaged[byte]! ^= 1;
      const code = await refusal(
        forged(() => damaged),
        { identities },
      );
      expect(code, `byte ${byte}`).toMatch(/^(decryption-bad|encrypted-for-other)$/);
    }
  });
  test("R23 cut, at every tenth byte", async () => {
    for (let length = 0; length < cipher.length; length += 10) {
      const cut = forged(() => cipher.subarray(0, length));
      expect(await refusal(cut, { identities }), `length ${length}`).toBe("decryption-bad");
    }
  });
  test("R25 bytes behind its end", async () => {
    const longer = forged(() => Buffer.concat([cipher, Buffer.alloc(1)]));
    expect(await refusal(longer, { identities })).toBe("decryption-bad");
  });
  test("a header with stanzas without end isn't tried stanza by stanza", async () => {
    const stanza = cipher.toString("latin1").split("\n").slice(1, 3).join("\n");
    const endless = `age-encryption.org/v1\n${`${stanza}\n`.repeat(200)}--- ${"A".repeat(43)}\n`;
    // Whoever tries them all says that none is for this key.
    await expect(decrypt(Buffer.from(endless), stranger)).rejects.toMatchObject({
      code: "decryption-bad" satisfies RefusalCode,
    });
  });
});

test("thirty recipients fit into the head that a centre reads", async () => {
  const recipients = Array.from({ length: 30 }, () => key.recipient);
  const cipher = await encrypt(Buffer.from("x"), recipients);
  expect(cipher.length).toBeLessThan(limits.ageHeaderBytesMax + 64);
  expect(Buffer.from(await decrypt(cipher, identities)).toString()).toBe("x");
});

test("the sender makes its deltas against the clear text that it keeps, of the bundle that went", async () => {
  const { header, members } = await readBase(base);
  expect(members).toMatchObject([
    { name: "host_states.ndjson" },
    { name: "service_states.ndjson" },
  ]);
  expect(header.payloadHash).toBe((await open(bundle, trust, { identities })).header.payloadHash);
  expect(Buffer.from(bundle.subarray(0, headerBytes)).equals(base.subarray(0, headerBytes))).toBe(
    true,
  );
});

describe("key files", () => {
  test("only X25519 keys, comments apart", () => {
    const [identity] = identities;
    expect(parseAgeIdentities(`# created: today\r\n${identity}\r\n`, "f")).toEqual([identity]);
    for (const text of ["", "# nothing", key.recipient, `${identity}\nAGE-PLUGIN-YUBIKEY-1X`]) {
      expect(() => parseAgeIdentities(text, "centre.age")).toThrow("centre.age isn't a file");
    }
  });
  test("recipients of other kinds, or damaged ones, don't seal", async () => {
    expect(isAgeRecipient(key.recipient)).toBe(true);
    const damaged = key.recipient.replace(/.$/, (last) => (last === "q" ? "p" : "q"));
    for (const recipient of ["age1pq1x", "ssh-ed25519 AAAA", "", damaged]) {
      const failure = sealWithBase(input, signer, { recipients: [recipient] });
      await expect(failure).rejects.toMatchObject({ code: "key-unusable" });
    }
  });
});
