// The few commands of POP3 (RFC 1939, STLS by RFC 2595) that are needed. Written here because the
// libraries lose an answer whose end comes in two pieces, and bound neither its size nor its time.

import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { FerryError, printable } from "@siteferry/model";
import { Gathered } from "../../gathered.ts";
import { exchangeMsMax } from "./mail-limits.ts";
import { addressOf, lineFailure, type MailServer, tlsOptions } from "./mail-server.ts";
import { within } from "./within.ts";

/** RFC 1939 lets the server's first line have 512. */
const lineBytesMax = 1024;
const noLines = Buffer.from(".\r\n");
const linesEnd = Buffer.from("\r\n.\r\n");

export class Pop3Client {
  readonly #server: MailServer;
  #socket: Socket;
  /** What has come and nobody has taken. */
  #received = new Gathered();
  /** Its last bytes. */
  #tail: Buffer = Buffer.alloc(0);
  #failure: Error | null = null;
  #wake: () => void = () => {};

  private constructor(server: MailServer, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connected and logged in. @throws FerryError `login-refused` and what {@link lineFailure} makes */
  static async open(server: MailServer): Promise<Pop3Client> {
    const secrets = await server.secrets();
    const { host, port, tls, timeoutMs, user } = server;
    const secure = tlsOptions(server, secrets);
    const socket =
      tls === "tls" ? connectTls({ ...secure, host, port }) : connectPlain({ host, port });
    const client = new Pop3Client(server, socket);
    const logIn = async (): Promise<void> => {
      await client.#status("Connecting to");
      if (tls === "starttls") {
        await client.command("STLS", "Asking for TLS at");
        client.#replace(connectTls({ ...secure, host, socket }));
      }
      await client.#logIn(`USER ${user ?? ""}`);
      await client.#logIn(`PASS ${secrets.password ?? ""}`);
    };
    const what = `Connecting to ${addressOf(server)}`;
    try {
      await within(4 * timeoutMs, what, logIn(), () => client.destroy());
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /** An answer of one line, without `+OK`. */
  async command(line: string, doing: string): Promise<string> {
    this.#write(line);
    const what = `${doing} ${addressOf(this.#server)}`;
    const limitMs = 4 * this.#server.timeoutMs;
    return await within(limitMs, what, this.#status(doing), () => this.destroy());
  }

  /** An answer of many lines, as bytes, without its end. */
  async retrieve(line: string, doing: string, bytesMax: number): Promise<Buffer> {
    const answer = async (): Promise<Buffer> => {
      await this.command(line, doing);
      return unstuffed(await this.#lines(doing, bytesMax));
    };
    const what = `${doing} ${addressOf(this.#server)}`;
    return await within(exchangeMsMax, what, answer(), () => this.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #logIn(line: string): Promise<void> {
    try {
      await this.command(line, "Logging in to");
    } catch (error) {
      // RFC 3206: another session holds the mailbox, or the server has too much to do.
      const isLater = error instanceof Pop3Refusal && /^\[(IN-USE|SYS\/TEMP)/.test(error.said);
      if (!(error instanceof Pop3Refusal) || isLater) throw error;
      throw new FerryError("login-refused", error.message);
    }
  }

  #write(line: string): void {
    if (/[\r\n]/.test(line)) throw new Error("a command has one line");
    this.#socket.write(`${line}\r\n`);
  }

  async #status(doing: string): Promise<string> {
    const line = (await this.#line(doing)).toString("latin1").trimEnd();
    if (line.startsWith("+OK")) return line.slice("+OK ".length);
    const where = `${doing} ${addressOf(this.#server)}`;
    if (line.startsWith("-ERR")) throw new Pop3Refusal(where, line.slice("-ERR ".length));
    throw new FerryError("link-protocol", `${where}: no POP3 server: "${printable(line)}"`);
  }

  async #line(doing: string): Promise<Buffer> {
    for (;;) {
      const received = this.#received.bytes();
      const length = received.indexOf("\n") + 1;
      if (length > 0) {
        this.#keep(received.subarray(length));
        return received.subarray(0, length);
      }
      await this.#more(doing, lineBytesMax);
    }
  }

  /** Nothing is asked before the answer has ended: so its end is also the end of what has come. */
  async #lines(doing: string, bytesMax: number): Promise<Buffer> {
    for (;;) {
      if (this.#tail.equals(linesEnd) || this.#tail.equals(noLines)) {
        const received = this.#received.bytes();
        this.#keep(Buffer.alloc(0));
        return received.subarray(0, -noLines.length);
      }
      await this.#more(doing, bytesMax);
    }
  }

  #keep(rest: Buffer): void {
    this.#received = new Gathered();
    this.#tail = Buffer.alloc(0);
    this.#take(rest);
  }

  #take(data: Buffer): void {
    this.#received.add(data);
    const end = data.subarray(-linesEnd.length);
    this.#tail = Buffer.concat([this.#tail, end]).subarray(-linesEnd.length);
  }

  /** Waits for more, unless there is too much, or nothing more can come. */
  async #more(doing: string, bytesMax: number): Promise<void> {
    if (this.#received.length > bytesMax) {
      this.destroy();
      const where = `${doing} ${addressOf(this.#server)}`;
      throw new FerryError("link-protocol", `${where}: an answer of over ${bytesMax} bytes`);
    }
    if (this.#failure !== null) throw lineFailure(this.#failure, this.#server, doing);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** What came in clear before isn't believed after. */
  #replace(socket: Socket): void {
    for (const event of ["data", "timeout", "close"]) this.#socket.removeAllListeners(event);
    this.#keep(Buffer.alloc(0));
    this.#socket = socket;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.setTimeout(this.#server.timeoutMs);
    socket.on("data", (data: Buffer) => {
      this.#take(data);
      this.#wake();
    });
    const fail = (failure: Error): void => {
      this.#failure ??= failure;
      socket.destroy();
      this.#wake();
    };
    socket.on("error", fail);
    socket.on("timeout", () => fail(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    socket.on("close", () => fail(new Error("the server closed the connection")));
  }
}

/** A line that begins with a dot was sent with one more. */
function unstuffed(lines: Buffer): Buffer {
  const text = lines.toString("latin1");
  return text.startsWith(".") || text.includes("\n.")
    ? Buffer.from(text.replaceAll(/^\./gm, ""), "latin1")
    : lines;
}

export class Pop3Refusal extends FerryError {
  readonly said: string;
  constructor(where: string, said: string) {
    super("link-protocol", `${where}: ${printable(said, 200)}`);
    this.said = said;
  }
}
