// Commands on their way into a core that is slow, full, or gone in the middle.

import { FerryError } from "@siteferry/model";
import { expect, test } from "vitest";
import { type CommandFile, pieceBytesMax } from "../world/command-file.ts";
import { commandFileSink, type CommandSink, sendPaced } from "./sinks.ts";

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
