// From what became of a request to its answer on the wire.

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ListenBounds } from "./listen-bounds.ts";
import { Gone } from "./receive-body.ts";
import { Rejected } from "./rejected.ts";
import type { Content } from "./take-request.ts";

type Take = (request: IncomingMessage, proceed: () => void) => Promise<Content>;

/** Answers the requests of `server` with what `take` makes of them. */
export function answerWith(server: Server, { lingerMs }: ListenBounds, take: Take): void {
  const answer = (
    request: IncomingMessage,
    response: ServerResponse,
    proceed: () => void,
  ): void => {
    // An answer that can't be written any more has nobody who misses it.
    response.on("error", () => {});
    take(request, proceed).then(
      (content) => accept(response, content),
      (error: unknown) => {
        if (!(error instanceof Gone)) reject(request, response, error, lingerMs);
      },
    );
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) =>
    answer(request, response, () => {}),
  );
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
    answer(request, response, () => response.writeContinue()),
  );
}

function accept(response: ServerResponse, content: Content): void {
  if (content === null) response.writeHead(204);
  else {
    response.writeHead(200, { "content-type": "text/plain", "content-length": content.length });
  }
  response.end(content ?? undefined);
}

function reject(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  lingerMs: number,
): void {
  const { status, code, message, retryAfterMs } =
    error instanceof Rejected ? error : new Rejected(500, "siteferry itself failed");
  const content = Buffer.from(`${JSON.stringify({ ...(code !== null && { code }), message })}\n`);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": content.length,
    ...(retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) }),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(request.complete ? {} : { connection: "close" }),
  });
  if (request.complete) response.end(content);
  else linger(request, response, content, lingerMs);
}

/**
 * The body is still coming: to close now would reset the line, and the answer might be lost with it.
 * So what comes is thrown away for a while.
 */
function linger(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  lingerMs: number,
): void {
  response.write(content);
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once("end", end);
  request.once("close", end);
}
