// Serves the page: one small server of its own, so that nothing of it stands between the sites and the door.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  closing,
  finish,
  isLoopback,
  isWhole,
  type ListenAddress,
  refuseTunnels,
  startListening,
} from "@siteferry/carry/contract";
import { errorFields, explain, type Log } from "@siteferry/model";
import { type PageAnswer, type PageSources, plain, respond } from "../page/respond.ts";

/** Few people look at it, and a scraper: who needs more is no friend. */
const connectionsMax = 64;
const headerBytesMax = 8 * 1024;
const keepAliveMs = 5_000;
const requestsPerConnectionMax = 1_000;

interface PageBounds {
  /** For a whole request; in twice that its answer must be read. */
  readonly requestMs: number;
  /** After an early answer, for the other side to read it before the line is cut. */
  readonly lingerMs: number;
}
const usualBounds: PageBounds = { requestMs: 10_000, lingerMs: 1_000 };

export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function servePage(
  address: ListenAddress,
  sources: PageSources,
  log: Log,
  bounds: PageBounds = usualBounds,
): Promise<PageServer> {
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: bounds.requestMs,
    requestTimeout: bounds.requestMs,
    // Who is late hears so before the line is cut below.
    connectionsCheckingInterval: Math.min(5_000, bounds.requestMs / 2),
    keepAliveTimeout: keepAliveMs,
    noDelay: true,
  });
  server.maxConnections = connectionsMax;
  server.maxRequestsPerSocket = requestsPerConnectionMax;
  // An answer that nobody reads must not hold its connection.
  server.setTimeout(2 * bounds.requestMs, (socket) => socket.destroy());
  server.on("error", () => {});
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    response.on("error", () => {});
    void answerTo(request, sources, log).then((answer) =>
      write(request, response, answer, bounds.lingerMs),
    );
  };
  for (const event of ["request", "checkContinue", "checkExpectation"]) server.on(event, take);
  refuseTunnels(server, "GET, HEAD", bounds.lingerMs);
  await startListening(server, address);
  if (!isLoopback(address.host)) {
    log.warn({ ...address }, "The page is there for everybody who reaches this address");
  }
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answerTo(
  request: IncomingMessage,
  sources: PageSources,
  log: Log,
): Promise<PageAnswer> {
  try {
    return await respond(
      {
        method: request.method ?? "",
        target: request.url ?? "",
        hosts: request.headersDistinct["host"] ?? [],
        hasBody: !isWhole(request),
      },
      sources,
    );
  } catch (error) {
    log.error(errorFields(explain(error, "Answering with the page")), "A page can't be shown");
    return plain(500, "siteferry itself failed: its log says how\n");
  }
}

function write(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: PageAnswer,
  lingerMs: number,
): void {
  const content = Buffer.from(body);
  response.writeHead(status, {
    ...headers,
    "content-length": content.length,
    ...closing(request),
  });
  finish(request, response, request.method === "HEAD" ? null : content, lingerMs);
}

async function close(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeAllConnections();
  await closed.promise;
}
