import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openProgress, type ProgressLine, type Terminal } from "./progress-line.ts";

/** A screen of one line, as a terminal makes it of what is written. */
class Screen implements Terminal {
  readonly isTTY = true;
  columns = 60;
  line = "";
  written = "";

  write(text: string): void {
    this.written += text;
    // Only what the line of progress may use.
    const [, rest] =
      /^\r(?:\u001b\[\?7l)?([^\r\n\u001b]*)\u001b\[K(?:\u001b\[\?7h)?$/.exec(text) ?? [];
    if (rest === undefined) throw new Error(`not for this line: ${JSON.stringify(text)}`);
    this.line = rest;
  }
}

let screen: Screen;
let progress: ProgressLine;

beforeEach(() => {
  vi.useFakeTimers();
  screen = new Screen();
  progress = openProgress(true, screen, "xterm")!;
});

afterEach(() => {
  vi.useRealTimers();
});

test("who waits less than half a second sees nothing", () => {
  progress.begin("Reading hosts", 10);
  progress.add(10);
  vi.advanceTimersByTime(450);
  progress.begin("Sealing");
  progress[Symbol.dispose]();
  vi.advanceTimersByTime(10_000);
  expect(screen.written).toBe("");
});

test("one line says what, how much of it and for how long, and is gone at the end", () => {
  progress.begin("Reading services", 50_000);
  progress.add(12_345);
  vi.advanceTimersByTime(2000);
  expect(screen.line).toBe("Reading services: 12,345 of 50,000, 2 s");
  progress.begin("Opening b", 3, 1);
  expect(screen.line).toBe("Opening b: 1 of 3, 2 s");
  progress.begin("Reading comments");
  expect(screen.line).toBe("Reading comments, 2 s");
  progress.add(7);
  vi.advanceTimersByTime(400);
  expect(screen.line).toBe("Reading comments: 7, 2 s");
  progress[Symbol.dispose]();
  expect(screen.line).toBe("");
  const { written } = screen;
  vi.advanceTimersByTime(10_000);
  expect(screen.written).toBe(written);
});

test("pieces of what is sent are drawn five times a second, also of two that are sent at once", () => {
  vi.advanceTimersByTime(1000);
  const writes = vi.spyOn(screen, "write");
  for (let piece = 1; piece <= 1000; piece++) {
    for (const link of ["a", "b"]) progress.begin(`Sending through ${link}`, 1000, piece);
    if (piece % 100 === 0) vi.advanceTimersByTime(100);
  }
  // Each as it began, then by the clock.
  expect(writes).toHaveBeenCalledTimes(2 + 5);
  expect(screen.line).toBe("Sending through b: 1,000 of 1,000, 2 s");
});

test("it makes room for a line of the log, and comes back", () => {
  progress.begin("Sealing");
  vi.advanceTimersByTime(1000);
  progress.hide();
  expect(screen.line).toBe("");
  const { written } = screen;
  progress.hide();
  expect(screen.written).toBe(written);
  vi.advanceTimersByTime(200);
  expect(screen.line).toBe("Sealing, 1 s");
});

test("a hostile name can't do anything to the terminal, and a long one has its end cut", () => {
  progress.begin("Opening \u001b]0;x\u0007\r\n\u202egnp.ferry");
  vi.advanceTimersByTime(1000);
  expect(screen.line).toBe("Opening \\x1b]0;x\\x07\\x0d\\x0a\\u202egnp.ferry, 1 s");
  screen.columns = 30;
  progress.begin("x".repeat(50), 5);
  expect(screen.line).toBe(`${"x".repeat(15)}…: 0 of 5, 1 s`);
  // Some terminals have no size.
  screen.columns = 0;
  vi.advanceTimersByTime(200);
  expect(screen.line).toBe(`${"x".repeat(50)}: 0 of 5, 1 s`);
});

test("there is none where nobody looks: no terminal, a dumb one, not wanted", () => {
  expect(openProgress(true, { write: () => {} }, "xterm")).toBeNull();
  expect(openProgress(true, screen, "dumb")).toBeNull();
  expect(openProgress(false, screen, "xterm")).toBeNull();
});
