// The Livestatus client: one connection, one query at a time, rows as they arrive.

import { once } from "node:events";
import type { Socket } from "node:net";
import { FerryError, limits, systemCode, type Seconds } from "@siteferry/model";
import { formatAddress, type Address } from "../address.ts";
import { AnswerReader } from "../client/answer-reader.ts";
import { formatCommand, formatQuery, type Query } from "../client/query.ts";
import type { Row } from "../client/row-decoder.ts";
import { ownSeparators } from "../separators.ts";
import { dial, unreachable, type TlsOptions } from "./dial.ts";

export interface ClientOptions {
  readonly connectTimeoutMs?: number;
  /** Time without a single byte of an answer. */
  readonly answerTimeoutMs?: number;
  readonly answerBytesMax?: number;
  readonly tls?: TlsOptions;
}

export interface LivestatusClient {
  /** As `parseAddress` takes it; begins the message of every error. */
  readonly where: string;
  /**
   * The rows of the answer in batches, a field a column; text fields are decoded, nothing else. A
   * consumer that is slow slows the server down; one that stops early ends the connection, as does
   * every failure but `livestatus-refused`. A cell may keep the memory of its whole batch: copy
   * what is kept for long. `onBadRow` hears of each row that was left out because it hasn't as many
   * fields as the query has columns. Throws `livestatus-refused`, `-protocol`, `-cut`, `-timeout`,
   * `-too-large`, `-unreachable`: rows that came before are then not to be used.
   */
  rows(query: Query, onBadRow?: (shown: string) => void): AsyncGenerator<readonly Row[], void>;
  /** Hands a command over to the kernel; whether the core took it must be read back. */
  command(line: string, time: Seconds): Promise<void>;
  /** Ends the connection, after what was sent has gone out. */
  close(): Promise<void>;
}

const connectTimeoutMs = 10_000;
const answerTimeoutMs = 60_000;
/** After commands: how long the server may take to read what is on its way. */
const farewellMs = 2_000;

/** Throws `livestatus-unreachable`, `livestatus-timeout`. */
export async function connect(
  address: Address,
  options: ClientOptions = {},
): Promise<LivestatusClient> {
  const limit = options.connectTimeoutMs ?? connectTimeoutMs;
  const socket = await dial(address, limit, options.tls ?? {});
  return new Connection(formatAddress(address), socket, options);
}

class Connection implements LivestatusClient {
  readonly where: string;
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  readonly #answerTimeoutMs: number;
  readonly #answerBytesMax: number;
  #busy = false;
  #commanded = false;

  constructor(where: string, socket: Socket, options: ClientOptions) {
    this.where = where;
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? answerTimeoutMs;
    this.#answerBytesMax = options.answerBytesMax ?? limits.answerBytesMax;
  }

  async *rows(
    query: Query,
    onBadRow: (shown: string) => void = () => {},
  ): AsyncGenerator<readonly Row[], void> {
    if (this.#busy) throw new Error("one query at a time: the last one isn't read to its end");
    this.#busy = true;
    const reader = new AnswerReader({
      where: this.where,
      separators: ownSeparators,
      width: query.columns.length === 0 ? null : query.columns.length + (query.stats?.length ?? 0),
      bytesMax: this.#answerBytesMax,
      onBadRow,
    });
    try {
      this.#socket.write(formatQuery(query));
      while (!reader.done) {
        const rows = reader.push(await this.#next(reader));
        if (rows.length > 0) yield rows;
      }
    } finally {
      // Whatever of the answer is still to come would be taken for that to the next query.
      if (!reader.done) this.#socket.destroy();
      this.#busy = false;
    }
  }

  async command(line: string, time: Seconds): Promise<void> {
    const text = formatCommand(line, time);
    this.#commanded = true;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = this.#deadline();
    this.#socket.write(text, (error) => (error ? reject(error) : resolve()));
    try {
      await promise;
    } catch (error) {
      throw this.#translate(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    if (!this.#commanded || this.#socket.destroyed) {
      this.#socket.destroy();
      return;
    }
    // Closing with an unread answer resets the connection, and commands on their way would be lost.
    this.#socket.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), farewellMs);
    await once(this.#socket, "close");
    clearTimeout(timer);
  }

  async #next(reader: AnswerReader): Promise<Buffer> {
    const timer = this.#deadline(() => reader.failure("silent"));
    try {
      const next = await this.#chunks.next();
      if (next.done !== true) return next.value;
    } catch (error) {
      throw isReset(error) ? reader.failure("closed") : this.#translate(error);
    } finally {
      clearTimeout(timer);
    }
    throw reader.failure("closed");
  }

  #deadline(failure = (): FerryError => this.#stalled()): NodeJS.Timeout {
    return setTimeout(() => this.#socket.destroy(failure()), this.#answerTimeoutMs);
  }

  #stalled(): FerryError {
    return new FerryError("livestatus-timeout", `${this.where}: the command isn't taken in time`);
  }

  #translate(error: unknown): FerryError {
    return error instanceof FerryError ? error : unreachable(this.where, error);
  }
}

function isReset(error: unknown): boolean {
  const code = systemCode(error) ?? "";
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"].includes(
    code,
  );
}
