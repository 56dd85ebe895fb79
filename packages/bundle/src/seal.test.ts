// What a sender makes, a receiver opens: row for row, whatever the rows are.

import {
  hostStateTable,
  hostTable,
  limits,
  serviceStateTable,
  type Cell,
  type Cells,
  type ServiceState,
} from "@siteferry/model";
import { assert, asyncProperty, double, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { centre, createdMs, open, serviceLine, signer, site } from "./forge.ts";
import { payloadOffset, readHeader } from "./header.ts";
import { memberWriter } from "./member.ts";
import type { OpenedBundle } from "./open.ts";
import { seal, type SealInput } from "./seal.ts";

const identity = { site, recipient: centre, epoch: 1, sequence: 2, createdMs, expiresMs: 0 };
const source = { program_version: "4.4.14", livestatus_version: "1.5.1" };

function row(changes: Readonly<Record<number, unknown>> = {}): Cells {
  return JSON.parse(serviceLine(changes)) as Cells;
}

function keyframe(rows: readonly Cells[]): SealInput {
  const services = memberWriter(serviceStateTable);
  for (const cells of rows) services.add(cells);
  const members = [memberWriter(hostStateTable).finish(), services.finish()];
  return { ...identity, kind: "keyframe", configurationHash: "ab".repeat(32), source, members };
}

async function roundTrip(rows: readonly Cells[]): Promise<readonly ServiceState[]> {
  const opened: OpenedBundle = await open(await seal(keyframe(rows), signer));
  return opened.kind === "keyframe" ? opened.states.services : [];
}

describe("round trip", () => {
  test("any text comes back as it was", async () => {
    const text = string({ unit: "binary" });
    await assert(
      asyncProperty(
        text,
        text,
        double({ noNaN: true, noDefaultInfinity: true }),
        async (output, long, latency) => {
          const [state] = await roundTrip([
            row({ 10: latency === 0 ? 0 : latency, 12: output, 13: long }),
          ]);
          expect(state?.plugin_output).toBe(output);
          expect(state?.long_plugin_output).toBe(long);
          expect(state?.latency).toBe(latency === 0 ? 0 : latency);
        },
      ),
      { numRuns: 100 },
    );
  });
  test("thousands of rows, over several batches, keep their order", async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => row({ 1: `Überwachung 🚢 ${index}` }));
    const states = await roundTrip(rows);
    expect(states.map(({ description }) => description)).toEqual(rows.map(([, name]) => name));
  });
  test("an empty site", async () => {
    expect(await roundTrip([])).toEqual([]);
  });
  test("equal rows give equal bytes", async () => {
    const [one, two] = [
      await seal(keyframe([row()]), signer),
      await seal(keyframe([row()]), signer),
    ];
    expect(Buffer.from(one).equals(two)).toBe(true);
  });
  test("the header says what was sealed", async () => {
    const bundle = await seal(keyframe([row()]), signer);
    expect(readHeader(bundle).unverified).toMatchObject({
      ...identity,
      kind: "keyframe",
      keyId: signer.keyId,
      configurationHash: "ab".repeat(32),
      payloadBytes: bundle.length - payloadOffset,
    });
  });
});

describe("one bad object doesn't cost the site its bundle", () => {
  test("lone surrogates are replaced", async () => {
    const [state] = await roundTrip([row({ 12: "half \ud83d", 13: "\\ud83d" })]);
    expect(state).toMatchObject({ plugin_output: "half \ufffd", long_plugin_output: "\\ud83d" });
  });
  test("texts too long for a row are cut, the others not", async () => {
    const [state] = await roundTrip([row({ 13: "ä".repeat(limits.recordBytesMax), 14: "a=1" })]);
    expect(state?.long_plugin_output).toMatch(/^ä{10000,}$/);
    expect(state).toMatchObject({ plugin_output: "OK - fine", perf_data: "a=1" });
  });
  test("a row that stays too long is named", () => {
    const list: Cell = Array.from({ length: 50_000 }, () => "contact");
    expect(() => memberWriter(serviceStateTable).add(["web1", "Load", list])).toThrow(
      'service_states: the row ["web1","Load"] is too long',
    );
  });
  test("rows that shrink beyond the ratio limit still open", async () => {
    const trace = "Traceback (most recent call last):\n".repeat(200);
    const rows = Array.from({ length: 1000 }, (_, index) => row({ 1: `S${index}`, 13: trace }));
    expect(await roundTrip(rows)).toHaveLength(1000);
  });
});

test("tables missing or in another order are the caller's mistake", async () => {
  const input = keyframe([]);
  const members = input.members.toReversed();
  await expect(seal({ ...input, members }, signer)).rejects.toThrow(
    "a keyframe bundle has host_states.ndjson",
  );
});

test("more rows, or more in their lists, than the centre takes are not sealed", async () => {
  const input = keyframe([]);
  for (const much of [{ rows: limits.recordsMax }, { entries: limits.listEntriesMax }]) {
    const members = input.members.map((member) => ({ ...member, ...much }));
    await expect(seal({ ...input, members }, signer)).rejects.toMatchObject({
      code: "snapshot-too-large",
    });
  }
  const writer = memberWriter(hostTable);
  writer.add(["web", ["linux", "dmz"], [["RACK", "7"]]]);
  expect(writer.finish().entries).toBe(3);
});
