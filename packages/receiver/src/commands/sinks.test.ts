// Commands on their way into a core that is slow, full, or gone in the middle.

import type { LivestatusClient } from "@siteferry/livestatus";
import { FerryError } from "@siteferry/model";
import { expect, test } from "vitest";
import { type CommandFile, pieceBytesMax } from "../world/command-file.ts";
import {
  commandFileSink,
  type CommandSink,
  type Lanes,
  livestatusSink,
  sendPaced,
} from "./sinks.ts";

/** A pipe that takes what `room` says, and time that passes only by waiting. */
function makePipe(room: (written: number) => boolean | FerryError) {
  const written: string[] = [];
  let nowMs = 0;
  const file: CommandFile = {
    async write(piece) {
      const answer = room(written.length);
      if (answer instanceof FerryError) throw answer;
      if (answer) written.push(Buffer.from(piece).toString());
      return answer;
    },
    async [Symbol.asyncDispose]() {},
  };
  const wait = async (milliseconds: number): Promise<void> => {
    nowMs += milliseconds;
  };
  const clock = { now: () => nowMs };
  const pacing = { clock, wait, pace: 2_000, timeoutMs: 10_000, runMs: 30_000 };
  return { file, written, pacing };
}

const lines = Array.from({ length: 1_000 }, (_, index) => `[1] ADD;${"x".repeat(index)};${index}`);

async function send(
  pipe: ReturnType<typeof makePipe>,
  changes: Partial<ReturnType<typeof makePipe>["pacing"]> = {},
): Promise<{ readonly taken: number; readonly failure: unknown }> {
  const pacing = { ...pipe.pacing, ...changes };
  const sink = commandFileSink(pipe.file, pacing);
  let taken = 0;
  const failure = await sendPaced(lines, sink, pacing, () => void (taken += 1)).catch(
    (error: unknown) => error,
  );
  return { taken, failure };
}

test("every line arrives whole, in order, in pieces that nobody can write into", async () => {
  const pipe = makePipe(() => true);
  expect(await send(pipe)).toEqual({ taken: 1_000, failure: undefined });
  expect(pipe.written.join("")).toBe(lines.map((line) => `${line}\n`).join(""));
  for (const piece of pipe.written) {
    expect(piece.endsWith("\n")).toBe(true);
    expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(pieceBytesMax);
  }
  expect(pipe.written.length).toBeLessThan(400);
});

test("no faster than the pace: 2,000 a second, in small bunches", async () => {
  const pipe = makePipe(() => true);
  await send(pipe);
  // Behind the last bunch nobody waits.
  expect(pipe.pacing.clock.now()).toBe(450);
  const slow = makePipe(() => true);
  await send(slow, { pace: 3, runMs: 1e9 });
  expect(slow.pacing.clock.now()).toBe(999 * 334);
});

test("a full pipe is waited for", async () => {
  let tries = 0;
  const pipe = makePipe(() => (tries += 1) % 3 === 0);
  expect(await send(pipe)).toEqual({ taken: 1_000, failure: undefined });
  expect(pipe.written.join("")).toBe(lines.map((line) => `${line}\n`).join(""));
});

test("a core that hangs ends the sending after the time-out, and what it took is counted", async () => {
  const pipe = makePipe((written) => written < 3);
  const { taken, failure } = await send(pipe);
  expect(failure).toMatchObject({ code: "core-takes-no-commands" });
  expect(taken).toBe(pipe.written.join("").split("\n").length - 1);
  expect(taken).toBeGreaterThan(0);
});

test("a core that goes in the middle: what it took is counted", async () => {
  const gone = new FerryError("core-takes-no-commands", "gone");
  const pipe = makePipe((written) => (written < 5 ? true : gone));
  const { taken, failure } = await send(pipe);
  expect(failure).toBe(gone);
  expect(taken).toBe(pipe.written.join("").split("\n").length - 1);
});

test("when the time of the run is up the rest stays for the next", async () => {
  const pipe = makePipe(() => true);
  const { taken, failure } = await send(pipe, { runMs: 200 });
  expect(failure).toBeUndefined();
  expect(taken).toBe(500);
});

test("a clock that is set back ends nothing early", async () => {
  let nowMs = 1e12;
  const clock = { now: () => (nowMs -= 60_000) };
  let taken = 0;
  const sink: CommandSink = {
    async push(some, take) {
      for (const index of some.keys()) take(index);
    },
  };
  const pacing = { clock, wait: async () => {}, pace: 1_000, timeoutMs: 1, runMs: 1 };
  await sendPaced(lines, sink, pacing, () => void (taken += 1));
  expect(taken).toBe(1_000);
});

interface Lane {
  readonly commands: string[];
  readonly client: LivestatusClient;
}

/** A connection that does what it was told only when it is asked something. */
function makeLane(failure?: FerryError): Lane {
  const commands: string[] = [];
  let sent: string[] = [];
  const client: LivestatusClient = {
    where: "unix:/unused",
    async *rows() {
      if (failure !== undefined) throw failure;
      commands.push(...sent);
      sent = [];
      yield [["1"]];
    },
    async command(line) {
      sent.push(line);
    },
    async close() {},
  };
  return { commands, client };
}

const perHost = Array.from({ length: 300 }, (_, index) => `[1] ADD;h${index % 50};${index}`);
const deletions = Array.from({ length: 9 }, (_, index) => `[1] DEL_HOST_COMMENT;${index}`);

test("on several connections: of one host in order, deletions by id on the first alone, each once", async () => {
  const lanes = [makeLane(), makeLane(), makeLane(), makeLane()] as const;
  const clients = lanes.map(({ client }) => client) as unknown as Lanes;
  const taken: number[] = [];
  const said = [...perHost, ...deletions];
  await livestatusSink(clients, true).push(said, (index) => void taken.push(index));
  expect(taken.toSorted((a, b) => a - b)).toEqual([...said.keys()]);
  const all = lanes.flatMap(({ commands }) => commands);
  expect(all.toSorted()).toEqual(said.map((line) => line.slice(4)).toSorted());
  for (const { commands } of lanes) {
    expect(commands.length).toBeGreaterThan(20);
    const places = commands
      .filter((line) => line.startsWith("ADD"))
      .map((line) => Number(line.split(";")[2]));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  }
  const hosts = lanes.map(({ commands }) => new Set(commands.map((line) => line.split(";")[1])));
  expect(hosts.reduce((sum, { size }) => sum + size, 0)).toBe(50 + deletions.length);
  expect(lanes[0].commands.filter((line) => line.startsWith("DEL"))).toHaveLength(9);
});

test("a connection that breaks: what the others did is counted, and nothing of its own", async () => {
  const broken = new FerryError("livestatus-cut", "gone");
  const lanes = [makeLane(), makeLane(broken)] as const;
  const clients = lanes.map(({ client }) => client) as unknown as Lanes;
  const taken: number[] = [];
  const sending = livestatusSink(clients, true).push(perHost, (index) => void taken.push(index));
  await expect(sending).rejects.toBe(broken);
  expect(taken.map((index) => perHost[index]!.slice(4))).toEqual(lanes[0].commands);
  expect(taken.length).toBeGreaterThan(0);
});
