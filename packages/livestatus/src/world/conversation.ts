// One client of the server: its requests, one after the other, and the limits on them.

import type { Socket } from "node:net";
import type { Log } from "@siteferry/model";
import { answer, responseHeader } from "../server/answer.ts";
import { RequestFault } from "../server/fault.ts";
import { flavours, type Flavour, type FlavourName } from "../server/flavour.ts";
import { parseRequest, type Framing } from "../server/parse-request.ts";
import { RequestReader, type RequestLines } from "../server/request-reader.ts";
import type { Source } from "../server/source.ts";
import { defaultSeparators } from "../separators.ts";
import { within } from "./deadline.ts";

export interface ConversationOptions {
  /** Whose oddities to have; without it Checkmk's, which has the fewest. */
  readonly flavour?: FlavourName;
  /** Limits; the defaults are those of naemon-livestatus. */
  readonly requestTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  /** For the calculation of one answer: nothing else is served meanwhile. */
  readonly queryTimeoutMs?: number;
  /** Hears of failures of the source. */
  readonly log?: Log;
}

/** How long a client may take to close after the last answer. */
const farewellMs = 5_000;

export class Conversation {
  readonly #socket: Socket;
  readonly #source: Source;
  readonly #flavour: Flavour;
  readonly #options: ConversationOptions;
  readonly #reader = new RequestReader();
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, source: Source, options: ConversationOptions) {
    this.#socket = socket;
    this.#source = source;
    this.#options = options;
    this.#flavour = flavours[options.flavour ?? "checkmk"];
  }

  async run(): Promise<void> {
    const socket = this.#socket;
    socket.on("error", () => {});
    socket.setTimeout(this.#options.idleTimeoutMs ?? 300_000, () => socket.destroy());
    try {
      await this.#readAll();
      this.#farewell();
    } catch (error) {
      if (error instanceof RequestFault) await this.#refuse(error);
      else socket.destroy();
    } finally {
      clearTimeout(this.#deadline);
    }
    // Closing before the client's last bytes are read would reset the connection under its answer.
    socket.resume();
  }

  /** Until the client or the server ends it. */
  async #readAll(): Promise<void> {
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      for (const lines of this.#reader.push(chunk as Buffer)) {
        if (!(await this.#respond(lines))) return;
      }
      this.#watch();
    }
    const last = this.#reader.end();
    if (last) await this.#respond(last);
  }

  #farewell(): void {
    this.#socket.end();
    this.#socket.setTimeout(farewellMs);
  }

  /** A request that has begun must be complete in time. */
  #watch(): void {
    if (!this.#reader.waiting) {
      clearTimeout(this.#deadline);
      this.#deadline = undefined;
    }
    if (!this.#reader.waiting || this.#deadline) return;
    const late = new RequestFault(413, "the request wasn't complete in time");
    this.#deadline = setTimeout(
      () => void this.#refuse(late),
      this.#options.requestTimeoutMs ?? 10_000,
    );
  }

  /** The last words before the connection ends. */
  async #refuse(fault: RequestFault): Promise<void> {
    const framing = { fixed16: true, keepAlive: false, separators: defaultSeparators };
    await this.#tell(fault, framing);
    this.#farewell();
  }

  /** Whether the connection goes on. */
  async #respond(lines: RequestLines): Promise<boolean> {
    const { framing, ask } = parseRequest(lines, this.#flavour);
    try {
      if (ask.kind === "fault") throw ask.fault;
      if (ask.kind === "command") {
        this.#source.command?.(ask.line);
        if (this.#flavour.answersCommands && framing.fixed16) await this.#send(200, [], framing);
        return true;
      }
      const body = within(this.#options.queryTimeoutMs ?? 10_000, () =>
        answer(ask, this.#source, framing, this.#flavour),
      );
      if (body === null) throw new RequestFault(413, "the query takes too long");
      await this.#send(200, body, framing);
      return framing.keepAlive;
    } catch (error) {
      if (!(error instanceof RequestFault)) {
        this.#options.log?.error({ err: error }, "a livestatus request can't be answered");
        throw error;
      }
      return (await this.#tell(error, framing)) && framing.keepAlive;
    }
  }

  async #tell(fault: RequestFault, framing: Framing): Promise<boolean> {
    const how = this.#flavour.tell(fault, framing.fixed16);
    if (how === "hang-up") return false;
    const words = Buffer.from(`${fault.message}\n`);
    await this.#send(fault.status, [words], {
      ...framing,
      fixed16: framing.fixed16 && how === "as-asked",
    });
    return true;
  }

  async #send(status: number, body: readonly Buffer[], framing: Framing): Promise<void> {
    const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
    const header = responseHeader(status, bytes, framing, this.#flavour);
    for (const piece of [header, ...body]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      // Called in any case: written, or the connection is gone.
      if (!this.#socket.write(piece, () => resolve())) await promise;
    }
  }
}
