// Progress on a terminal: one line on standard error, written over in place, gone at the end. A log, a pipe,
// cron and systemd get nothing of it, and neither does who waits less than half a second.

import { type Progress, printable } from "@siteferry/model";
import { durationOf } from "../plugin.ts";

/** What it needs of `process.stderr`. */
export interface Terminal {
  readonly isTTY?: boolean;
  /** Characters in a line. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressLine extends Progress, Disposable {
  /** Takes the line away, as something else is about to be written. It comes back. */
  hide(): void;
}

const hiddenForMs = 500;
const redrawnEveryMs = 200;
/** Steps that go on at once, such as bundles on several links, and take the line in turns. */
const lanesMax = 8;

// What a terminal of the last forty years understands: to its end, and a line that doesn't wrap.
const clear = "\r\u001b[K";
const noWrap = "\u001b[?7l";
const wrap = "\u001b[?7h";

/** Null: nobody looks, or wants to. */
export function openProgress(
  isWanted: boolean,
  terminal: Terminal = process.stderr,
  kind: string | undefined = process.env["TERM"],
): ProgressLine | null {
  return isWanted && terminal.isTTY === true && kind !== "dumb" ? new Line(terminal) : null;
}

class Line implements ProgressLine {
  readonly #terminal: Terminal;
  readonly #beganMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #step: { readonly doing: string; readonly total: number | undefined } | null = null;
  /** The steps that began last. */
  #begun: readonly string[] = [];
  #done = 0;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#timer = setInterval(() => this.#draw(), redrawnEveryMs).unref();
  }

  begin(doing: string, total?: number, done = 0): void {
    this.#step = { doing, total };
    this.#done = done;
    const isNew = !this.#begun.includes(doing);
    this.#begun = [...this.#begun.filter((one) => one !== doing), doing].slice(-lanesMax);
    // A step that lets no timer through is announced, at least. One that goes on has the timer.
    if (isNew) this.#draw();
  }

  add(count: number): void {
    this.#done += count;
  }

  hide(): void {
    if (this.#isShown) this.#terminal.write(clear);
    this.#isShown = false;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.hide();
  }

  #draw(): void {
    const passedMs = performance.now() - this.#beganMs;
    if (this.#step === null || passedMs < hiddenForMs) return;
    const { doing, total } = this.#step;
    // Some have no size.
    const columns = this.#terminal.columns || 80;
    const end = `${countOf(this.#done, total)}, ${durationOf(passedMs / 1000)}`;
    // Of a long name the end goes, not what moves.
    const line = `${printable(doing, Math.max(8, columns - 1 - end.length))}${end}`;
    this.#terminal.write(`\r${noWrap}${line}\u001b[K${wrap}`);
    this.#isShown = true;
  }
}

function countOf(done: number, total: number | undefined): string {
  const shown = (count: number): string => count.toLocaleString("en");
  if (total !== undefined && total > 0) return `: ${shown(done)} of ${shown(total)}`;
  return done > 0 ? `: ${shown(done)}` : "";
}
