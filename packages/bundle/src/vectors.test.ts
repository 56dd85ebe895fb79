// The golden bundles of test/vectors, both ways: they open to their JSON, and sealing the JSON gives
// their bytes. A change that breaks this test breaks every bundle that is under way somewhere.

import { readFileSync, writeFileSync } from "node:fs";
import {
  bundleTables,
  type BundleKind,
  type Configuration,
  type States,
  verbatimMembers,
} from "@siteferry/model";
import { describe, expect, test } from "vitest";
import { parseAllowedSigners } from "./allowed-signers.ts";
import { applyDelta } from "./apply-delta.ts";
import { configurationHash, dumpHash } from "./configuration-hash.ts";
import { open } from "./forge.ts";
import type { BundleHeader } from "./header.ts";
import { loadSigner } from "./keys.ts";
import { memberNames } from "./layout.ts";
import type { Source } from "./manifest.ts";
import { memberWriter, textMember, type Member } from "./member.ts";
import type { OpenedBundle, OpenedDelta, OpenedKeyframe } from "./open.ts";
import { seal } from "./seal.ts";

/** As the JSON has it: an opened bundle. */
interface Vector {
  readonly header: BundleHeader;
  readonly source: Source;
  readonly configuration?: Configuration;
  readonly states?: States;
  readonly changed?: States;
  readonly gone?: object;
  readonly config?: string;
}

const kinds = ["config", "keyframe", "delta", "verbatim"] as const;
const folder = new URL("../../../test/vectors/", import.meta.url);
const signer = await loadSigner(read("test-only.key").toString(), "test-only.key");
const signers = parseAllowedSigners(read("allowed_signers").toString(), "allowed_signers");

function read(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

function expected(kind: BundleKind): Vector {
  return JSON.parse(read(`${kind}.json`).toString()) as Vector;
}

function membersOf(kind: BundleKind): Member[] {
  if (kind === "verbatim") return textMembers();
  const { configuration, states, changed, gone } = expected(kind);
  const rows = [configuration ?? states ?? changed, gone].flatMap((tables) =>
    Object.values<readonly object[]>({ ...tables }),
  );
  return bundleTables[kind].map((table, index) => {
    const writer = memberWriter(table);
    for (const row of rows[index]!) writer.add(Object.values(row));
    return writer.finish();
  });
}

function textMembers(): Member[] {
  const texts = expected("verbatim") as unknown as { config: string; states: string };
  const [config, states] = verbatimMembers;
  return [textMember(config, texts.config), textMember(states, texts.states)];
}

async function sealVector(kind: BundleKind): Promise<Uint8Array> {
  const { header, source } = expected(kind);
  const common = { ...header, source, members: membersOf(kind) };
  if (kind === "delta") {
    return seal({ ...common, kind, base: expected("keyframe").header }, signer);
  }
  if (kind === "verbatim") {
    const { config = "" } = expected(kind);
    return seal({ ...common, kind, configurationHash: dumpHash(config) }, signer);
  }
  const hash = configurationHash(membersOf("config"));
  return seal({ ...common, kind, configurationHash: hash }, signer);
}

async function openVector(kind: BundleKind, bytes: Uint8Array): Promise<OpenedBundle> {
  const { site, recipient, createdMs } = expected(kind).header;
  return open(bytes, { centre: recipient, signers, nowMs: createdMs, siteOfTransport: site });
}

async function writeVector(kind: BundleKind): Promise<void> {
  const bytes = await sealVector(kind);
  writeFileSync(new URL(`${kind}.ferry`, folder), bytes);
  const opened = JSON.stringify(await openVector(kind, bytes), null, 2);
  writeFileSync(new URL(`${kind}.json`, folder), `${opened}\n`);
}

if (process.env["WRITE_VECTORS"] !== undefined) for (const kind of kinds) await writeVector(kind);

describe.each(kinds)("%s.ferry", (kind) => {
  test("opens to its JSON", async () => {
    expect(await openVector(kind, read(`${kind}.ferry`))).toEqual(expected(kind));
  });
  test("is what sealing its rows gives", async () => {
    expect(Buffer.from(await sealVector(kind)).equals(read(`${kind}.ferry`))).toBe(true);
  });
  test("has the members of its kind", () => {
    expect(membersOf(kind).map(({ name }) => name)).toEqual(memberNames(kind));
  });
});

test("the keyframe names the configuration of config.ferry", () => {
  const { header } = expected("keyframe");
  expect(header.configurationHash).toBe(expected("config").header.configurationHash);
});

test("the delta fits on keyframe.ferry", async () => {
  const keyframe = (await openVector("keyframe", read("keyframe.ferry"))) as OpenedKeyframe;
  const delta = (await openVector("delta", read("delta.ferry"))) as OpenedDelta;
  const { hosts, services } = applyDelta(keyframe, delta);
  expect(hosts).toEqual([keyframe.states.hosts[0], delta.changed.hosts[0]]);
  const [changed, added] = delta.changed.services;
  const [first, , third] = keyframe.states.services;
  expect(delta.gone.services).toMatchObject([{ description: third?.description }]);
  expect(services).toEqual([first, changed, added]);
});
