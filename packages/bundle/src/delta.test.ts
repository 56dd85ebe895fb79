// Deltas: whatever happened to a site, the keyframe with the delta gives what the site looks like, and
// a delta that doesn't belong to the keyframe gives nothing.

import {
  bundleTables,
  hostStateTable,
  serviceStateTable,
  type Cells,
  type RefusalCode,
  type States,
} from "@siteferry/model";
import { array, assert, asyncProperty, constantFrom, integer, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { applyDelta } from "./apply-delta.ts";
import { readBase } from "./base.ts";
import { base, centre, createdMs, forge, open, serviceLine, signer, site } from "./forge.ts";
import { makeDelta } from "./make-delta.ts";
import { memberWriter, type Member } from "./member.ts";
import type { OpenedDelta, OpenedKeyframe } from "./open.ts";
import { seal, sealWithBase } from "./seal.ts";

const common = {
  site,
  recipient: centre,
  epoch: 1,
  createdMs,
  expiresMs: 0,
  source: { program_version: "4.4.14", livestatus_version: "1.5.1" },
};
const configurationHash = "ab".repeat(32);

function service(changes: Readonly<Record<number, unknown>> = {}): Cells {
  return JSON.parse(serviceLine(changes)) as Cells;
}

function host(name: string, changes: Readonly<Record<number, unknown>> = {}): Cells {
  const [, , ...cells] = service(changes);
  return [name, ...cells];
}

function states(hosts: readonly Cells[], services: readonly Cells[]): Member[] {
  return [
    { table: hostStateTable, rows: hosts },
    { table: serviceStateTable, rows: services },
  ].map(({ table, rows }) => {
    const writer = memberWriter(table);
    for (const cells of rows) writer.add(cells);
    return writer.finish();
  });
}

function diff(before: readonly Cells[], now: readonly Cells[]): { changed: number; gone: number } {
  return makeDelta(states([], before), states([], now));
}

/** All members of a keyframe. */
function site2(rows: Readonly<Record<string, readonly Cells[]>>): Member[] {
  return bundleTables.keyframe.map((table) => {
    const writer = memberWriter(table);
    for (const cells of rows[table.name] ?? []) writer.add(cells);
    return writer.finish();
  });
}

/** What the centre sees of `now` through a keyframe of `before` and a delta. */
async function throughDelta(before: Member[], now: Member[]): Promise<States> {
  const input = { ...common, kind: "keyframe", sequence: 1, configurationHash } as const;
  const sealed = await sealWithBase({ ...input, members: before }, signer);
  const kept = await readBase(sealed.base);
  const { members } = makeDelta(kept.members, now);
  const delta = { ...common, kind: "delta", sequence: 2, base: kept.header, members } as const;
  const opened = await open(await seal(delta, signer));
  return applyDelta((await open(sealed.bundle)) as OpenedKeyframe, opened as OpenedDelta);
}

async function directly(now: Member[]): Promise<States> {
  const input = { ...common, kind: "keyframe", sequence: 1, configurationHash } as const;
  const opened = await open(await seal({ ...input, members: now }, signer));
  return (opened as OpenedKeyframe).states;
}

describe("what counts as changed", () => {
  test("nothing, in whatever order the core gives its rows", () => {
    const rows = [service(), service({ 1: "A" }), service({ 0: "db1" })];
    expect(diff(rows, rows.toReversed())).toMatchObject({ changed: 0, gone: 0 });
  });
  test("staleness alone doesn't: it grows by itself", () => {
    expect(diff([service()], [service({ 20: 17.25 })])).toMatchObject({ changed: 0 });
    expect(diff([service({ 20: null })], [service()])).toMatchObject({ changed: 0 });
  });
  test("every other column does", () => {
    for (const [index, kind] of Object.values(serviceStateTable.columns).entries()) {
      if (index < 2 || index === 20) continue;
      const cell = kind === "text" ? "other" : 2;
      expect(diff([service()], [service({ [index]: cell })]), `column ${index}`).toMatchObject({
        changed: 1,
        gone: 0,
      });
    }
  });
  test("staleness is the last column of both tables", () => {
    for (const { columns } of [hostStateTable, serviceStateTable]) {
      expect(Object.keys(columns).at(-1)).toBe("staleness");
    }
  });
  test("names that hold what separates cells are told apart", () => {
    const names = ['a","b', 'a","c', 'a\\"', 'a"', "a\\\\x", "ü", 'x,"y'];
    const rows = names.map((name) => service({ 1: name }));
    expect(diff(rows, rows.slice(1))).toMatchObject({ changed: 0, gone: 1 });
    const { members } = makeDelta(states([], rows), states([], []));
    expect(Buffer.concat(members[3]!.chunks).toString().split("\n").slice(1, -1)).toEqual(
      names.map((name) => JSON.stringify(["web1", name])),
    );
  });
});

test("the keyframe with the delta is the site, whatever happened", async () => {
  const row = record({
    host: constantFrom("web1", "db1", "ü"),
    description: constantFrom("Load", "Disk C:\\Data", 'a","b', "📦"),
    output: constantFrom("OK", 'CRIT, "no" answer', "Größe"),
  });
  const rows = array(row, { maxLength: 9 });
  const membersOf = (list: readonly { host: string; description: string; output: string }[]) => {
    const services = new Map(list.map((r) => [`${r.host};${r.description}`, r]));
    const hosts = new Map(list.map((r) => [r.host, r]));
    return states(
      [...hosts.values()].map((r) => host(r.host, { 12: r.output })),
      [...services.values()].map((r) => service({ 0: r.host, 1: r.description, 12: r.output })),
    );
  };
  await assert(
    asyncProperty(rows, rows, async (before, now) => {
      const seen = await throughDelta(membersOf(before), membersOf(now));
      expect(sorted(seen)).toEqual(sorted(await directly(membersOf(now))));
    }),
    { numRuns: 150 },
  );
});

interface Drawn {
  readonly id: number;
  readonly text: string;
  readonly service: string | null;
  readonly time: number;
}

test("so are comments, downtimes and events, whatever became of them", async () => {
  const id = integer({ min: 0, max: 5 });
  const text = constantFrom("", 'says "no", twice', "Größe 📦", "a,b]");
  const row = record({ id, text, service: constantFrom(null, "Load", 'a","b'), time: id });
  const rows = array(row, { maxLength: 9 });
  const membersOf = (list: readonly Drawn[]) => {
    const distinct = [...new Map(list.map((one) => [one.id, one])).values()];
    return site2({
      host_states: [host("web1")],
      comments: distinct.map((r) => [r.id, "web1", r.service, r.text, r.text, r.time, 4, 1, 0]),
      downtimes: distinct
        .slice(1)
        .map((r) => [r.id, "web1", r.service, r.text, r.text, 0, r.time, 9, 1, r.time, r.id]),
      events: list.map((r) => [r.time, "web1", r.service, "alert", 1, 1, r.id, r.text]),
    });
  };
  await assert(
    asyncProperty(rows, rows, rows, async (before, later, now) => {
      const keyframe = membersOf(before);
      const current = membersOf([...now]);
      // The delta in between is lost: it doesn't matter.
      await throughDelta(keyframe, membersOf(later));
      const seen = await throughDelta(keyframe, current);
      const { annotations, events } = await directly(current);
      const byId = (list: readonly { readonly id: number }[] = []) =>
        list.toSorted((one, other) => one.id - other.id);
      expect(byId(seen.annotations?.comments)).toEqual(byId(annotations?.comments));
      expect(byId(seen.annotations?.downtimes)).toEqual(byId(annotations?.downtimes));
      const told = new Set(seen.events?.map((event) => JSON.stringify(event)));
      const { events: earlier } = await directly(keyframe);
      const all = [...earlier!, ...events!].map((event) => JSON.stringify(event));
      expect(told).toEqual(new Set(all));
      expect(seen.events).toHaveLength(told.size);
      const times = seen.events!.map(({ time }) => time);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
    }),
    { numRuns: 150 },
  );
});

test("an event that the keyframe has doesn't travel again", () => {
  const event = (time: number): Cells => [time, "web1", null, "alert", 1, 1, 1, "DOWN"];
  const before = site2({ events: [event(1), event(2)] });
  const { members } = makeDelta(before, site2({ events: [event(2), event(3)] }));
  expect(members.map(({ name, rows }) => [name, rows])).toEqual([
    ["host_states.ndjson", 0],
    ["service_states.ndjson", 0],
    ["comments.ndjson", 0],
    ["downtimes.ndjson", 0],
    ["events.ndjson", 1],
    ["hosts_gone.ndjson", 0],
    ["services_gone.ndjson", 0],
    ["comments_gone.ndjson", 0],
    ["downtimes_gone.ndjson", 0],
  ]);
});

test("a heartbeat is small, and changes nothing", async () => {
  const rows = site2({ host_states: [host("web1")], service_states: [service()] });
  const sealed = await sealWithBase(
    { ...common, kind: "keyframe", sequence: 1, configurationHash, members: rows },
    signer,
  );
  const { header, members } = await readBase(sealed.base);
  const input = { ...common, kind: "delta", sequence: 2, base: header } as const;
  const bundle = await seal({ ...input, members: makeDelta(members, rows).members }, signer);
  expect(bundle.length).toBeLessThan(2048);
  const keyframe = (await open(sealed.bundle)) as OpenedKeyframe;
  expect(applyDelta(keyframe, (await open(bundle)) as OpenedDelta)).toEqual(keyframe.states);
});

describe("a delta that doesn't belong to the keyframe", () => {
  const keyframe = openKeyframe();
  const fit = { sequence: base.sequence, payloadHash: base.payloadHash };

  async function openKeyframe(): Promise<OpenedKeyframe> {
    const opened = (await open(
      forge({ lines: { service_states: [serviceLine()] } }),
    )) as OpenedKeyframe;
    return { ...opened, header: { ...opened.header, ...fit } };
  }

  async function refusal(
    lines: Readonly<Record<string, string[]>>,
    header: Partial<OpenedKeyframe["header"]> = {},
  ): Promise<string> {
    const delta = (await open(forge({ kind: "delta", lines }))) as OpenedDelta;
    const { states: rows, ...rest } = await keyframe;
    const other = {
      ...rest,
      states: rows,
      header: { ...rest.header, ...header },
    } as OpenedKeyframe;
    try {
      applyDelta(other, delta);
      return "accepted";
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  const headers: readonly [string, string, Partial<OpenedKeyframe["header"]>][] = [
    ["fits", "accepted", {}],
    ["R20 another keyframe", "delta-base", { sequence: 0 }],
    ["R20 a keyframe of another epoch", "delta-base", { epoch: 2 }],
    ["R20 another configuration", "delta-base", { configurationHash: "1".repeat(64) }],
    ["R21 another content of that number", "delta-base-hash", { payloadHash: "0".repeat(128) }],
    ["R22 another site", "delta-of-other-site", { site: centre }],
  ];
  test.each(headers)("%s", async (_name, code, header) => {
    expect(await refusal({}, header)).toBe(code);
  });

  const key = JSON.stringify(["web1", "Load"]);
  const rows: readonly [string, string, Readonly<Record<string, string[]>>][] = [
    ["a change, a new row and a key gone", "accepted", { services_gone: [key] }],
    ["a key gone that never was", "delta-base", { services_gone: [`["web1","Memory"]`] }],
    ["a host gone that never was", "delta-base", { hosts_gone: [`["web1"]`] }],
    ["a comment gone that never was", "delta-base", { comments_gone: ["[1]"] }],
    ["a downtime gone that never was", "delta-base", { downtimes_gone: ["[1]"] }],
    [
      "a key both changed and gone",
      "delta-base",
      { service_states: [serviceLine()], services_gone: [key] },
    ],
  ];
  test.each(rows)("%s", async (_name, code, lines) => {
    expect(await refusal(lines)).toBe(code);
  });
  test("R20 a delta that tells of comments on a keyframe that doesn't", async () => {
    const delta = (await open(forge({ kind: "delta" }))) as OpenedDelta;
    const former = (await open(forge({ format: 1 }))) as OpenedKeyframe;
    const header = (await keyframe).header;
    expect(() => applyDelta({ ...former, header }, delta)).toThrow("another format");
    const formerDelta = (await open(forge({ kind: "delta", format: 1 }))) as OpenedDelta;
    const { states: known } = await keyframe;
    expect(() => applyDelta({ ...former, states: known, header }, formerDelta)).toThrow("format");
    expect(applyDelta({ ...former, header }, formerDelta).annotations).toBeNull();
  });
  test("R33 a key gone twice", async () => {
    await expect(
      open(forge({ kind: "delta", lines: { services_gone: [key, key] } })),
    ).rejects.toMatchObject({ code: "record-twice" satisfies RefusalCode });
  });
  test("a base that isn't before it", async () => {
    const header = (bytes: Buffer) => bytes.writeBigUInt64BE(2n, 96);
    await expect(open(forge({ kind: "delta", header }))).rejects.toMatchObject({
      code: "bundle-flags" satisfies RefusalCode,
    });
  });
});

test("a delta of another epoch than its keyframe is the caller's mistake", async () => {
  const rows = states([], []);
  const sealed = await sealWithBase(
    { ...common, kind: "keyframe", sequence: 1, configurationHash, members: rows },
    signer,
  );
  const { header, members } = await readBase(sealed.base);
  const delta = makeDelta(members, rows);
  const input = { ...common, epoch: 2, kind: "delta", sequence: 2, base: header } as const;
  await expect(seal({ ...input, members: delta.members }, signer)).rejects.toThrow("own site");
});

/** Rows of equal states in one order. */
function sorted({ hosts, services }: States): readonly string[][] {
  return [hosts, services].map((rows) => rows.map((row) => JSON.stringify(row)).toSorted());
}
