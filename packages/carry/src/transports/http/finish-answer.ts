// The end of an answer, also to a request whose body is still coming and perhaps never ends.

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Whoever is answered before its body has come, be it one that nobody asked for, isn't listened to for long. */
export function closing(request: IncomingMessage): { connection?: "close" } {
  return isWhole(request) ? {} : { connection: "close" };
}

/** Ends the answer whose head is written; `content` is null for none. */
export function finish(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array | null,
  lingerMs: number,
): void {
  if (isWhole(request)) response.end(content ?? undefined);
  else linger(request, response, content, lingerMs);
}

/** Nothing of the request is still to come. */
export function isWhole({ complete, headers }: IncomingMessage): boolean {
  const hasBody =
    headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
  return complete || !hasBody;
}

/**
 * The body is still coming: to close now would reset the line, and the answer might be lost with it.
 * So what comes is thrown away for a while.
 */
function linger(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array | null,
  lingerMs: number,
): void {
  // Nothing is written in answer to HEAD, also no headers.
  if (content === null || request.method === "HEAD") response.flushHeaders();
  else response.write(content);
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once("end", end);
  request.once("close", end);
}

/** Answers CONNECT, which Node left to itself ends without a word. @param allow the methods that there are. */
export function refuseTunnels(server: Server, allow: string, lingerMs: number): void {
  server.on("connect", (_: IncomingMessage, socket: Socket) => {
    socket.on("error", () => {});
    // From here on it is nobody else's: what still comes is read to be thrown away, and not for long.
    socket.setTimeout(lingerMs, () => socket.destroy()).resume();
    socket.end(`HTTP/1.1 405 Method Not Allowed\r\nAllow: ${allow}\r\nConnection: close\r\n\r\n`);
  });
}
