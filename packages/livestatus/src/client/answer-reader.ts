// One answer: sixteen bytes of header, then rows or the server's words about an error. Pure: bytes
// go in as they arrive, rows come out; the socket is world/client.ts's business.

import { FerryError, printable, type ErrorCode } from "@siteferry/model";
import { decodeField } from "../decode-field.ts";
import type { Separators } from "../separators.ts";
import { RowDecoder, type Row } from "./row-decoder.ts";

export interface AnswerPlan {
  /** Begins every message: the address. */
  readonly where: string;
  readonly separators: Separators;
  /** Fields that a row must have; null: any number. */
  readonly width: number | null;
  readonly bytesMax: number;
  readonly onBadRow: (shown: string) => void;
}

const headerBytes = 16;
/** What an error may say; Icinga 2 adds a stack trace of 3 KiB. */
const wordsBytesMax = 8192;

type Stage = "header" | "rows" | "error" | "text" | "done";

export class AnswerReader {
  readonly #plan: AnswerPlan;
  readonly #rows: RowDecoder;
  #stage: Stage = "header";
  #status = "";
  /** The header so far, or the words of an error. */
  #held: Buffer = Buffer.alloc(0);
  #bytesLeft = 0;

  constructor(plan: AnswerPlan) {
    this.#plan = plan;
    this.#rows = new RowDecoder(plan);
  }

  get done(): boolean {
    return this.#stage === "done";
  }

  /**
   * The rows that are complete with `chunk`. Throws `livestatus-refused` (and is done: the
   * connection can go on), `livestatus-protocol`, `livestatus-too-large`.
   */
  push(chunk: Buffer): Row[] {
    let rest = chunk;
    if (this.#stage === "header") {
      const missing = headerBytes - this.#held.length;
      this.#held = Buffer.concat([this.#held, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      this.#readHeader();
    }
    if (this.#stage === "text") this.#readText(rest);
    if (this.#stage === "header" || this.#stage === "text") return [];
    if (rest.length > this.#bytesLeft) {
      throw this.#failure("livestatus-protocol", "more bytes than the answer's header says");
    }
    this.#bytesLeft -= rest.length;
    if (this.#stage === "error") this.#readError(rest);
    const rows = this.#rows.push(rest);
    if (this.#bytesLeft === 0) {
      this.#stage = "done";
      this.#rows.end();
    }
    return rows;
  }

  /** What it means that nothing more comes, although the answer isn't complete. */
  failure(cause: "closed" | "silent"): FerryError {
    if (this.#stage === "text") return this.#noHeader();
    if (cause === "silent") return this.#failure("livestatus-timeout", "no answer in time");
    return this.#failure(
      "livestatus-cut",
      this.#stage === "header" && this.#held.length === 0
        ? "the connection was closed without an answer"
        : "the connection was closed in the middle of an answer",
    );
  }

  #readHeader(): void {
    const text = this.#held.toString("latin1");
    // As far as it has arrived: three digits, blank, eleven characters of length.
    const shape = /^\d{0,3}$|^\d{3} {1,11}$|^\d{3} {1,11}\d{1,11}/;
    if (!shape.test(text.slice(0, 15))) {
      this.#stage = "text";
      return;
    }
    if (text.length < headerBytes) return;
    const [, status = "", length] = /^(\d{3}) +(\d+)$/.exec(text.slice(0, 15)) ?? [];
    // Icinga 2 ends the header with the first of the separators that were asked for.
    const closed = text[15] === "\n" || this.#held[15] === this.#plan.separators.row;
    if (length === undefined || !closed) {
      this.#stage = "text";
      return;
    }
    this.#held = Buffer.alloc(0);
    this.#status = status;
    this.#bytesLeft = Number(length);
    this.#stage = status === "200" ? "rows" : "error";
    if (this.#bytesLeft > this.#plan.bytesMax) {
      throw this.#failure(
        "livestatus-too-large",
        `an answer of ${this.#bytesLeft} bytes; the limit is ${this.#plan.bytesMax}`,
      );
    }
  }

  /** naemon-livestatus sends some errors without a header: one line, and then perhaps nothing. */
  #readText(rest: Buffer): void {
    this.#hold(rest);
    if (this.#held.length >= wordsBytesMax || this.#held.includes(10)) throw this.#noHeader();
  }

  #readError(rest: Buffer): void {
    this.#hold(rest);
    if (this.#bytesLeft > 0) return;
    this.#stage = "done";
    throw this.#failure("livestatus-refused", `error ${this.#status}: ${words(this.#held)}`);
  }

  #hold(bytes: Buffer): void {
    const room = Math.max(0, wordsBytesMax - this.#held.length);
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, room)]);
  }

  #noHeader(): FerryError {
    return this.#failure("livestatus-protocol", `an answer without a header: ${words(this.#held)}`);
  }

  #failure(code: ErrorCode, problem: string): FerryError {
    return new FerryError(code, `${this.#plan.where}: ${problem}`);
  }
}

/** The first line: what comes behind it is Icinga 2's stack trace. */
function words(bytes: Buffer): string {
  return printable(decodeField(bytes).trim().split("\n")[0] ?? "");
}
