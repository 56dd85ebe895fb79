// From what became of a request to its answer on the wire.

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ListenBounds } from "./listen-bounds.ts";
import { closing, finish, refuseTunnels } from "./finish-answer.ts";
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
      (content) => accept(request, response, content, lingerMs),
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
  refuseTunnels(server, "GET, HEAD, PUT", lingerMs);
  // Left to itself Node answers with 417, and reads the body to an end that may never come.
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    reject(request, response, new Rejected(417, "Only 100-continue is expected here"), lingerMs),
  );
}

function accept(
  request: IncomingMessage,
  response: ServerResponse,
  content: Content,
  lingerMs: number,
): void {
  const type = { "content-type": "text/plain", "content-length": content?.length ?? 0 };
  response.writeHead(content === null ? 204 : 200, {
    ...(content !== null && type),
    ...closing(request),
  });
  finish(request, response, content, lingerMs);
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
    ...closing(request),
  });
  finish(request, response, content, lingerMs);
}
