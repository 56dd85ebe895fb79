// Whom a request came from, for people. Behind a web server on this machine that is what the web server
// says; nothing is decided by it.

import type { IncomingMessage } from "node:http";
import { printable } from "@siteferry/model";
import { isLoopback } from "./address.ts";

/** An IPv6 address with its zone is shorter. */
const charactersMax = 64;

/** `http:192.0.2.7`, or `http:192.0.2.7 via 127.0.0.1`. */
export function peerOf({
  socket: { remoteAddress = "unknown" },
  headers,
}: Pick<IncomingMessage, "headers"> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
}): string {
  // On a socket for both families IPv4 looks like this.
  const address = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/i, "");
  const forwarded = headers["x-forwarded-for"] ?? "";
  // What stands before the last one the client may have made up.
  const last = String(forwarded).split(",").at(-1)!.trim();
  if (last === "" || !isLoopback(address)) return `http:${address}`;
  return `http:${printable(last, charactersMax)} via ${address}`;
}
