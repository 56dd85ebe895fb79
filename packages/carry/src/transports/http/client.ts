// HTTP towards a web server, for the sender and for pulling: one connection that stays open between
// requests, through a proxy if there is one, with a deadline on each step. No redirect is followed.

import type { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { getCACertificates } from "node:tls";
import { FerryError, printable } from "@siteferry/model";
import type { buildConnector, Dispatcher } from "undici";
import { Gathered } from "../../gathered.ts";
import type { OnSent } from "../../transport.ts";
import { lineFailure } from "./failures.ts";

/** What is read from files; anew for each request, so that what was renewed is used. */
export interface HttpSecrets {
  readonly token: string | null;
  /** PEM; without `ca` the system's authorities are believed. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export interface HttpClientOptions {
  /** Without a query, and without a user. */
  readonly url: URL;
  readonly secrets: () => Promise<HttpSecrets>;
  /** null: as HTTPS_PROXY and NO_PROXY in the environment say. */
  readonly proxy: URL | "none" | null;
  /** For each step: connecting, the next piece of the body going out, the answer, its next piece. */
  readonly timeoutMs: number;
  /** In place of a connection of its own. */
  readonly via?: Via;
}

/** A line that somebody else has opened, to what the URL names: for one connection. */
interface Via {
  /** For people. */
  readonly name: string;
  readonly line: Duplex;
}

interface Question {
  readonly method: "GET" | "PUT";
  /** Below the URL's own path. */
  readonly path: string;
  readonly body?: Uint8Array;
  readonly onSent?: OnSent | undefined;
  readonly answerBytesMax: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface HttpClient {
  /** The URL, for people. */
  readonly where: string;
  /** Any answer, whatever its status. @throws FerryError if there is none. */
  ask(question: Question): Promise<Answer>;
  close(): Promise<void>;
}

const pieceBytes = 16 * 1024;
const timerMaxMs = 24 * 3_600_000;

export function httpClient(options: HttpClientOptions): HttpClient {
  const { url, timeoutMs, via } = options;
  const address = url.href.replace(/\/$/, "");
  const where = printable(via === undefined ? address : `${via.name} to ${address}`, 200);
  let open: { readonly dispatcher: Dispatcher; readonly secrets: HttpSecrets } | null = null;
  const dispatcherFor = async (secrets: HttpSecrets): Promise<Dispatcher> => {
    if (open !== null && isSameTls(open.secrets, secrets)) return open.dispatcher;
    await open?.dispatcher.destroy();
    open = { dispatcher: await connectVia(options, secrets), secrets };
    return open.dispatcher;
  };
  return {
    where,
    async ask({ method, path, body, onSent, answerBytesMax }) {
      const { request } = await import("undici");
      const secrets = await options.secrets();
      const bytes = body?.length ?? answerBytesMax;
      try {
        const response = await request(new URL(path, `${address}/`), {
          method,
          dispatcher: await dispatcherFor(secrets),
          headers: {
            "accept-encoding": "identity",
            ...(secrets.token !== null && { authorization: `Bearer ${secrets.token}` }),
            ...(body && { "content-type": "application/vnd.siteferry.bundle" }),
            ...(body && { "content-length": String(body.length) }),
          },
          body:
            body === undefined ? null : Readable.from(pieces(body, onSent), { objectMode: false }),
          headersTimeout: timeoutMs + drainMs(body?.length ?? 0),
          bodyTimeout: timeoutMs,
          signal: AbortSignal.timeout(timeoutMs + slowestMs(bytes)),
        });
        const { statusCode: status, headers } = response;
        const answerBody = await readAnswer(response.body, answerBytesMax, status === 200, where);
        return { status, headers, body: answerBody };
      } catch (error) {
        throw lineFailure(error, where);
      }
    },
    async close() {
      await open?.dispatcher.destroy();
      open = null;
    },
  };
}

/** How long `bytes` may take at all: on a line slower than 1 KiB a second nothing gets through. */
function slowestMs(bytes: number): number {
  return Math.min(Math.ceil((bytes / 1024) * 1000), timerMaxMs);
}

/**
 * How long the last bytes may be on their way, at 8 KiB a second: Linux keeps up to 4 MiB of them in its
 * buffers, and from here they have gone.
 */
function drainMs(bytes: number): number {
  return Math.ceil((Math.min(bytes, 4 * 1024 * 1024) / (8 * 1024)) * 1000);
}

/** Piece by piece, so that a line that stands still is noticed before all has gone. */
function* pieces(content: Uint8Array, onSent?: OnSent): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += pieceBytes) {
    const piece = content.subarray(at, at + pieceBytes);
    yield piece;
    onSent?.(piece.length);
  }
}

/** @param isWhole that it is only good as a whole; of a page about an error the beginning does. */
async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  isWhole: boolean,
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const received = new Gathered();
  for await (const piece of body) {
    if (received.length + piece.length > bytesMax) {
      if (!isWhole) break;
      throw new FerryError("link-protocol", `${where}: the answer has more than ${bytesMax} bytes`);
    }
    received.add(piece);
  }
  return received.bytes();
}

async function connectVia(
  { url, proxy, timeoutMs, via }: HttpClientOptions,
  { ca, cert, key }: HttpSecrets,
): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent, Pool } = await import("undici");
  if (via !== undefined) return new Agent({ allowH2: false, connections: 1, connect: over(via) });
  // Reading the machine's takes a while. In clear no token may leave the machine: no proxy of the environment.
  const isClear = proxy === null && url.protocol === "http:";
  const authorities = isClear ? {} : { ca: ca ?? getCACertificates("system") };
  const own = { ...authorities, ...(cert !== null && key !== null && { cert, key }) };
  const common = {
    allowH2: false,
    connections: 1,
    connectTimeout: timeoutMs,
    // Through no proxy, and through one.
    connect: own,
    requestTls: own,
    proxyTls: authorities,
    // A proxy that is silent after CONNECT.
    clientFactory: (origin: URL, rest: object) =>
      new Pool(origin, { ...rest, headersTimeout: timeoutMs, connectTimeout: timeoutMs }),
  };
  if (proxy === "none" || isClear) return new Agent(common);
  try {
    const named = proxy === null ? {} : { httpProxy: proxy.href, httpsProxy: proxy.href };
    return new EnvHttpProxyAgent({ ...common, ...named, ...(proxy !== null && { noProxy: "" }) });
  } catch (cause) {
    throw new FerryError("settings-invalid", "The proxy in the environment is no URL", { cause });
  }
}

/** undici asks no more of a line than a Duplex has; its types want a socket. */
function over({ name, line }: Via): buildConnector.connector {
  let isGiven = false;
  return (_options, done) => {
    if (isGiven) return done(new FerryError("link-unreachable", `${name}: the line ended`), null);
    isGiven = true;
    // At once it would come before undici expects it, and the request would never go.
    queueMicrotask(() => done(null, line as Socket));
  };
}

function isSameTls(a: HttpSecrets, b: HttpSecrets): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}
