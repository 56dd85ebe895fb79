// The golden bundles of test/vectors, both ways: they open to their JSON, and sealing the JSON gives
// their bytes. A change that breaks this test breaks every bundle that is under way somewhere.

import { readFileSync, writeFileSync } from "node:fs";
import { bundleTables, type Configuration, type States } from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { configurationHash } from "./configuration-hash.ts";
import { open } from "./forge.ts";
import type { BundleHeader } from "./header.ts";
import { loadSigner } from "./keys.ts";
import type { RowKind } from "./layout.ts";
import type { Source } from "./manifest.ts";
import { memberWriter, type Member } from "./member.ts";
import { seal } from "./seal.ts";

/** As the JSON has it: an opened bundle. */
interface Vector {
  readonly header: BundleHeader;
  readonly source: Source;
  readonly configuration?: Configuration;
  readonly states?: States;
}

const folder = new URL("../../../test/vectors/", import.meta.url);
const signer = await loadSigner(read("test-only.key").toString(), "test-only.key");
const signers = parseAllowedSigners(read("allowed_signers").toString(), "allowed_signers");

function read(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

function expected(kind: RowKind): Vector {
  return JSON.parse(read(`${kind}.json`).toString()) as Vector;
}

function membersOf(kind: RowKind): Member[] {
  const { configuration, states } = expected(kind);
  const rows = Object.values<readonly object[]>({ ...(configuration ?? states) });
  return bundleTables[kind].map((table, index) => {
    const writer = memberWriter(table);
    for (const row of rows[index]!) writer.add(Object.values(row));
    return writer.finish();
  });
}

async function sealVector(kind: RowKind): Promise<Uint8Array> {
  const { header, source } = expected(kind);
  const hash = configurationHash(membersOf("config"));
  const input = { ...header, source, members: membersOf(kind), configurationHash: hash };
  return seal({ ...input, kind }, signer);
}

async function openVector(kind: RowKind, bytes: Uint8Array): Promise<unknown> {
  const { site, recipient, createdMs } = expected(kind).header;
  return open(bytes, { centre: recipient, signers, nowMs: createdMs, siteOfTransport: site });
}

async function writeVector(kind: RowKind): Promise<void> {
  const bytes = await sealVector(kind);
  writeFileSync(new URL(`${kind}.ferry`, folder), bytes);
  const opened = JSON.stringify(await openVector(kind, bytes), null, 2);
  writeFileSync(new URL(`${kind}.json`, folder), `${opened}\n`);
}

if (process.env["WRITE_VECTORS"] !== undefined) {
  await writeVector("config");
  await writeVector("keyframe");
}

describe.each(["config", "keyframe"] as const)("%s.ferry", (kind) => {
  test("opens to its JSON", async () => {
    expect(await openVector(kind, read(`${kind}.ferry`))).toEqual(expected(kind));
  });
  test("is what sealing its rows gives", async () => {
    expect(Buffer.from(await sealVector(kind)).equals(read(`${kind}.ferry`))).toBe(true);
  });
});

test("the keyframe names the configuration of config.ferry", () => {
  const { header } = expected("keyframe");
  expect(header.configurationHash).toBe(expected("config").header.configurationHash);
});
