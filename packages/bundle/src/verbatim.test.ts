// A vendor's dump: what a site with a good key may still not say of its two texts.

import { expect, test } from "vitest";
import { dumpHash } from "./configuration-hash.ts";
import { centre, createdMs, open, signer, site } from "./forge.ts";
import { type Member, textMember } from "./member.ts";
import { seal } from "./seal.ts";

const config = "shadow_hosts.update({})\n";

function member(name: string, content: string | Buffer, rows: number): Member {
  const bytes = Buffer.from(content);
  return { name, rows, sizeBytes: bytes.length, chunks: [bytes] };
}

async function sealed(members: readonly Member[], hash = dumpHash(config)): Promise<Uint8Array> {
  const source = { program_version: "", livestatus_version: "" };
  const identity = { site, epoch: 1, sequence: 1, recipient: centre, createdMs };
  const input = { ...identity, kind: "verbatim", expiresMs: 0, source, members } as const;
  return seal({ ...input, configurationHash: hash }, signer);
}

async function outcome(states: Member, first = textMember("config.mk", config)): Promise<unknown> {
  return open(await sealed([first, states])).then(
    (bundle) => bundle,
    (error: { code: string }) => error.code,
  );
}

test("both texts come out as they went in, with their lines counted", async () => {
  const states = textMember("states.txt", "one ü\n\n\u{1f680}\n");
  const texts = { kind: "verbatim", config, states: "one ü\n\n\u{1f680}\n", rows: 4 };
  expect(await outcome(states)).toMatchObject(texts);
});

test("a part that is empty is as it was, whatever the hash of the configuration", async () => {
  const empty = [textMember("config.mk", ""), textMember("states.txt", "")];
  const bundle = await open(await sealed(empty, "ab".repeat(32)));
  expect(bundle).toMatchObject({ config: "", states: "", rows: 0 });
  expect(bundle.header.configurationHash).toBe("ab".repeat(32));
});

test("the hash of a configuration that travels is its own", async () => {
  const members = [textMember("config.mk", config), textMember("states.txt", "")];
  const forged = await sealed(members, "ab".repeat(32));
  await expect(open(forged)).rejects.toMatchObject({ code: "identity-differs" });
});

test.each([
  [
    "R36 bytes that are no text",
    "text-bad",
    member("states.txt", Buffer.from("\xff\n", "latin1"), 1),
  ],
  ["R32 half a line at the end", "record-bad", member("states.txt", "one\ntwo", 1)],
  ["R31 more lines than the manifest says", "record-count", member("states.txt", "a\nb\n", 1)],
  ["R31 fewer lines than the manifest says", "record-count", member("states.txt", "a\n", 2)],
])("%s", async (_name, code, states) => {
  expect(await outcome(states)).toBe(code);
});

test("other members, or another order, are a mistake of the sealer", async () => {
  const states = textMember("states.txt", "");
  await expect(sealed([states, states])).rejects.toThrow(
    "a verbatim bundle has config.mk states.txt",
  );
});
