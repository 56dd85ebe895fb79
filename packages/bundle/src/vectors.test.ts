// The golden bundles of test/vectors, both ways: they open to their JSON, and sealing the JSON gives
// their bytes. A change that breaks this test breaks every bundle that is under way somewhere.

import { readFileSync, writeFileSync } from "node:fs";
import {
  type AnyTable,
  bundleTables,
  type Cells,
  type Configuration,
  type States,
  statesOnlyTables,
  type TableName,
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
import type { Gone, OpenedBundle, OpenedDelta, OpenedKeyframe } from "./open.ts";
import { seal } from "./seal.ts";

/** As the JSON has it: an opened bundle. */
interface Vector {
  readonly header: BundleHeader;
  readonly source: Source;
  readonly configuration?: Configuration;
  readonly states?: States;
  readonly changed?: States;
  readonly gone?: Gone;
  readonly config?: string;
}

/** By the name of its file. Where it isn't said, the format is 1. */
const vectors = {
  config: "config",
  keyframe: "keyframe",
  delta: "delta",
  verbatim: "verbatim",
  "keyframe-2": "keyframe",
  "delta-2": "delta",
} as const;
type VectorName = keyof typeof vectors;
const names = Object.keys(vectors) as VectorName[];
type Rows = Readonly<Partial<Record<TableName, readonly object[] | undefined>>>;
const folder = new URL("../../../test/vectors/", import.meta.url);
const signer = await loadSigner(read("test-only.key").toString(), "test-only.key");
const signers = parseAllowedSigners(read("allowed_signers").toString(), "allowed_signers");

function read(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

function expected(name: VectorName): Vector {
  return JSON.parse(read(`${name}.json`).toString()) as Vector;
}

function formatOf(name: VectorName): 1 | 2 {
  return name.endsWith("-2") ? 2 : 1;
}

function tablesOf(name: VectorName): readonly AnyTable[] {
  const kind = vectors[name];
  if (kind === "verbatim") return [];
  return kind === "config" || formatOf(name) === 2 ? bundleTables[kind] : statesOnlyTables[kind];
}

function membersOf(name: VectorName): Member[] {
  if (name === "verbatim") return textMembers();
  const rows = rowsOf(expected(name));
  return tablesOf(name).map((table) => {
    const writer = memberWriter(table);
    for (const row of rows[table.name] ?? []) writer.add(Object.values(row) as Cells);
    return writer.finish();
  });
}

function rowsOf({ configuration, states, changed, gone }: Vector): Rows {
  const now = states ?? changed;
  return {
    ...configuration,
    host_states: now?.hosts,
    service_states: now?.services,
    ...now?.annotations,
    events: now?.events,
    hosts_gone: gone?.hosts,
    services_gone: gone?.services,
    comments_gone: gone?.comments,
    downtimes_gone: gone?.downtimes,
  };
}

function textMembers(): Member[] {
  const texts = expected("verbatim") as unknown as { config: string; states: string };
  const [config, states] = verbatimMembers;
  return [textMember(config, texts.config), textMember(states, texts.states)];
}

async function sealVector(name: VectorName): Promise<Uint8Array> {
  const kind = vectors[name];
  const { header, source } = expected(name);
  const common = { ...header, source, members: membersOf(name) };
  if (kind === "delta") {
    const keyframe = name === "delta" ? "keyframe" : "keyframe-2";
    return seal({ ...common, kind, base: expected(keyframe).header }, signer);
  }
  if (kind === "verbatim") {
    const { config = "" } = expected(name);
    return seal({ ...common, kind, configurationHash: dumpHash(config) }, signer);
  }
  const hash = configurationHash(membersOf("config"));
  return seal({ ...common, kind, configurationHash: hash }, signer);
}

async function openVector(name: VectorName, bytes = read(`${name}.ferry`)): Promise<OpenedBundle> {
  const { site, recipient, createdMs } = expected(name).header;
  return open(bytes, { centre: recipient, signers, nowMs: createdMs, siteOfTransport: site });
}

async function writeVector(name: VectorName): Promise<void> {
  const bytes = Buffer.from(await sealVector(name));
  writeFileSync(new URL(`${name}.ferry`, folder), bytes);
  const opened = JSON.stringify(await openVector(name, bytes), null, 2);
  writeFileSync(new URL(`${name}.json`, folder), `${opened}\n`);
}

if (process.env["WRITE_VECTORS"] !== undefined) for (const name of names) await writeVector(name);

describe.each(names)("%s.ferry", (name) => {
  test("opens to its JSON", async () => {
    expect(await openVector(name)).toEqual(expected(name));
  });
  test("is what sealing its rows gives", async () => {
    expect(Buffer.from(await sealVector(name)).equals(read(`${name}.ferry`))).toBe(true);
  });
  test("has the members of its kind and format", () => {
    const found = membersOf(name).map((member) => member.name);
    expect(found).toEqual(memberNames(vectors[name], formatOf(name)));
  });
});

test("the keyframes name the configuration of config.ferry", () => {
  const { configurationHash: hash } = expected("config").header;
  expect(expected("keyframe").header.configurationHash).toBe(hash);
  expect(expected("keyframe-2").header.configurationHash).toBe(hash);
});

test("the delta fits on keyframe.ferry", async () => {
  const keyframe = (await openVector("keyframe")) as OpenedKeyframe;
  const delta = (await openVector("delta")) as OpenedDelta;
  const { hosts, services, annotations, events } = applyDelta(keyframe, delta);
  expect(hosts).toEqual([keyframe.states.hosts[0], delta.changed.hosts[0]]);
  const [changed, added] = delta.changed.services;
  const [first, , third] = keyframe.states.services;
  expect(delta.gone.services).toMatchObject([{ description: third?.description }]);
  expect(services).toEqual([first, changed, added]);
  expect({ annotations, events }).toEqual({ annotations: null, events: [] });
});

test("the delta of format 2 fits on its keyframe", async () => {
  const keyframe = (await openVector("keyframe-2")) as OpenedKeyframe;
  const delta = (await openVector("delta-2")) as OpenedDelta;
  const { annotations, events } = applyDelta(keyframe, delta);
  const before = keyframe.states.annotations!;
  const news = delta.changed.annotations!;
  expect(annotations).toEqual({
    comments: [before.comments[0], ...news.comments],
    downtimes: news.downtimes,
  });
  expect(events).toEqual([...keyframe.states.events, ...delta.changed.events]);
});
