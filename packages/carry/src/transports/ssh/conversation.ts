// Steps of a conversation over one line: each ends with its answer, with the line, or in time.

import type { Socket } from "node:net";
import { type FailureCode, FerryError, printable } from "@siteferry/model";
import { stepMs } from "./limits.ts";

/** As node's callbacks: an error, or what came. */
export type Done<Result> = (error?: Error | null, result?: Result) => void;

const watchMs = 1_000;

export class Conversation {
  /** Who and where, for messages. */
  readonly place: string;
  /** How long a step may take, and the line be silent. */
  readonly timeoutMs: number;
  readonly #end: () => void;
  readonly #waiting = new Map<(failure: FerryError) => void, string>();
  readonly #watch: NodeJS.Timeout;
  #failure: FerryError | null = null;

  /**
   * @param end closes the line; it is called once, with the first failure.
   * @param unsentBytesMax what may wait for a server that doesn't read
   */
  constructor(
    place: string,
    line: Socket,
    timeoutMs: number,
    end: () => void,
    unsentBytesMax: number = Infinity,
  ) {
    this.place = place;
    this.timeoutMs = timeoutMs;
    this.#end = end;
    // Bytes that leave or come count as life, also those of a long queue that the line takes slowly.
    line.setTimeout(timeoutMs);
    line.on("timeout", () => {
      if (this.#waiting.size > 0) this.fail("link-timeout", `nothing moved for ${timeoutMs} ms`);
    });
    // ssh2 answers each question of a server's, whether it reads the answers or not.
    this.#watch = setInterval(() => {
      if (line.writableLength <= unsentBytesMax) return;
      this.fail("link-protocol", "the server asks without an end, and reads no answer");
    }, watchMs).unref();
  }

  get isOpen(): boolean {
    return this.#failure === null;
  }

  /**
   * Waits for one answer, at most for `stepMs` of the timeout.
   * @throws FerryError `link-…` if the line ends first or it takes too long: then the line is closed.
   *   An error that is the server's answer comes as it is.
   */
  async step<Result>(
    what: string,
    start: (done: Done<Result>) => void,
    sizeBytes = 0,
  ): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const begin = (): Promise<Result> => {
      start((error, result) => (error ? reject(error) : resolve(result as Result)));
      return promise;
    };
    return await this.during(what, begin, sizeBytes);
  }

  /** As {@link step}, for what is a promise by itself. */
  async during<Result>(
    what: string,
    begin: () => Promise<Result>,
    sizeBytes: number,
  ): Promise<Result> {
    if (this.#failure !== null) throw this.#failure;
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const limitMs = stepMs(this.timeoutMs, sizeBytes);
    const timer = setTimeout(() => {
      this.fail("link-timeout", `no answer in ${limitMs} ms`);
    }, limitMs);
    this.#waiting.set(reject, what);
    try {
      return await Promise.race([begin(), ended]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(reject);
    }
  }

  /** The line is of no more use; whatever waits ends with this. The first reason counts. */
  fail(code: FailureCode, reason: string, cause?: unknown): void {
    if (this.#failure !== null) return;
    clearInterval(this.#watch);
    const [what = "between two steps"] = this.#waiting.values();
    const message = `${this.place}: ${what}: ${printable(reason, 400)}`;
    this.#failure = new FerryError(code, message, { cause });
    for (const reject of this.#waiting.keys()) reject(this.#failure);
    this.#end();
  }
}
