// Steps 11 and 12 for what people said about objects and what happened to them: a site with a good key
// still says only what the format knows. Each bundle here is signed.

import { limits, type RefusalCode } from "@siteferry/model";
import { expect, test } from "vitest";
import { forge, open, type Forgery } from "./forge.ts";
import type { OpenedKeyframe } from "./open.ts";

async function refusal(forgery: Forgery): Promise<string> {
  return open(forge(forgery)).then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );
}

const comment = (changes: Readonly<Record<number, unknown>> = {}): string =>
  lineOf([1, "web1", null, "alice", "text", 1_790_000_000, 4, 1, 0], changes);
const downtime = (changes: Readonly<Record<number, unknown>> = {}): string =>
  lineOf([1, "web1", "Load", "alice", "text", 1, 2, 3, 0, 1800, 0], changes);
const event = (changes: Readonly<Record<number, unknown>> = {}): string =>
  lineOf([1_790_000_000, "web1", null, "alert", 1, 0, 2, "DOWN"], changes);

function lineOf(cells: readonly unknown[], changes: Readonly<Record<number, unknown>>): string {
  return JSON.stringify(cells.map((cell, index) => (index in changes ? changes[index] : cell)));
}

test("are handed out, events oldest first and none twice", async () => {
  const events = [event({ 0: 9 }), event({ 0: 8 }), event({ 0: 9, 4: 0 }), event({ 0: 9 })];
  const lines = { comments: [comment()], downtimes: [downtime()], events };
  const { states } = (await open(forge({ lines }))) as OpenedKeyframe;
  expect(states.annotations?.comments).toMatchObject([{ id: 1, description: null }]);
  expect(states.annotations?.downtimes).toMatchObject([{ description: "Load", duration: 1800 }]);
  expect(states.events.map(({ time, state }) => [time, state])).toEqual([
    [8, 1],
    [9, 1],
    [9, 0],
  ]);
});
test("of format 1 aren't known, which is another thing than none", async () => {
  const { states } = (await open(forge({ format: 1 }))) as OpenedKeyframe;
  expect(states).toEqual({ hosts: [], services: [], annotations: null, events: [] });
  const { states: none } = (await open(forge())) as OpenedKeyframe;
  expect(none.annotations).toEqual({ comments: [], downtimes: [] });
});
test("are no part of another format or kind", async () => {
  const format = (number: number): NonNullable<Forgery["manifest"]> => {
    const outbox = number === 1 ? undefined : { waiting: 0, oldest: 0 };
    return (honest) => ({ ...honest, format: number, outbox });
  };
  expect(await refusal({ manifest: format(1) })).toBe("archive-bad");
  expect(await refusal({ format: 1, manifest: format(2) })).toBe("archive-bad");
  expect(await refusal({ kind: "config", manifest: format(2) })).toBe("manifest-bad");
});

const rows: readonly [string, RefusalCode | "accepted", string, readonly string[]][] = [
  ["R33 an id twice", "record-twice", "comments", [comment(), comment({ 1: "db1" })]],
  ["R33 a downtime's id twice", "record-twice", "downtimes", [downtime(), downtime()]],
  ["the same id in both", "accepted", "comments", [comment()]],
  ["an id that none has", "number-bad", "comments", [comment({ 0: 2 ** 33 })]],
  ["a negative id", "number-bad", "downtimes", [downtime({ 0: -1 })]],
  ["an id with a fraction", "number-bad", "comments", [comment({ 0: 1.5 })]],
  ["another type of comment", "number-bad", "comments", [comment({ 6: 5 })]],
  ["a downtime of centuries", "number-bad", "downtimes", [downtime({ 9: 1e12 })]],
  ["a time of the far future", "number-bad", "downtimes", [downtime({ 7: 2 ** 33 })]],
  ["R45 a command in a host's name", "name-bad", "comments", [comment({ 1: "a;b" })]],
  ["a service without a name", "name-bad", "downtimes", [downtime({ 2: "" })]],
  ["a comment without a host", "record-bad", "comments", [comment({ 1: null })]],
  ["an author of another type", "record-bad", "comments", [comment({ 3: 7 })]],
  ["a comment's novel", "record-too-long", "comments", [comment({ 4: "x".repeat(4097) })]],
  ["half a character", "text-bad", "comments", [comment({ 4: "\ud800" })]],
  ["a kind of event that none is", "record-bad", "events", [event({ 3: "constructor" })]],
  ["R47 a state that no host has", "number-bad", "events", [event({ 4: 3 })]],
  ["R47 a state that no service has", "number-bad", "events", [event({ 2: "Load", 4: 4 })]],
  ["a state that only services have", "accepted", "events", [event({ 2: "Load", 4: 3 })]],
  ["an event's novel", "record-too-long", "events", [event({ 7: "x".repeat(1025) })]],
  ["the same event twice", "accepted", "events", [event(), event()]],
];
test.each(rows)("%s: %s", async (_name, code, table, lines) => {
  expect(await refusal({ lines: { downtimes: [downtime()], [table]: lines } })).toBe(code);
});
test("R31 more events than a bundle may have", async () => {
  const events = Array.from({ length: limits.eventsMax + 1 }, (_, index) => event({ 0: index }));
  expect(await refusal({ lines: { events } })).toBe("record-count");
});
