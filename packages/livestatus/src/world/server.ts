// The Livestatus server: listens on unix, tcp or tls and answers from a source's tables.

import { once } from "node:events";
import { createServer as createPlain, type Server, type Socket } from "node:net";
import { createServer as createSecure } from "node:tls";
import { formatAddress, type Address } from "../address.ts";
import type { Source } from "../server/source.ts";
import { Conversation, type ConversationOptions } from "./conversation.ts";
import { unreachable } from "./dial.ts";

export interface ServerOptions extends ConversationOptions {
  /** PEM texts, for a tls address. With `ca`, only clients with a certificate of it are served. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export interface LivestatusServer {
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: Address;
  /** Ends all connections and frees the address. */
  close(): Promise<void>;
}

/** A client of Checkmk's web interface opens a handful. */
const connectionsMax = 100;

/** Throws `livestatus-unreachable` if it can't listen there. */
export async function serve(
  address: Address,
  source: Source,
  options: ServerOptions = {},
): Promise<LivestatusServer> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => void new Conversation(socket, source, options).run();
  const server = listener(address, options, accept);
  const ended = new Promise((resolve) => server.once("close", resolve));
  server.maxConnections = connectionsMax;
  // Those whose tls handshake isn't done included.
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(
    address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port },
  );
  try {
    await once(server, "listening");
  } catch (error) {
    throw unreachable(formatAddress(address), error);
  }
  // No more file descriptors, for instance: those that are connected are served all the same.
  server.on("error", (error) => options.log?.warn({ err: error }, "livestatus can't be accepted"));
  return {
    address: actual(address, server),
    async close(): Promise<void> {
      server.close();
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}

function listener(
  address: Address,
  { tls }: ServerOptions,
  accept: (socket: Socket) => void,
): Server {
  // Clients may end their request with a half-close and still want the answer.
  if (address.kind !== "tls") return createPlain({ allowHalfOpen: true, noDelay: true }, accept);
  const server = createSecure(
    {
      allowHalfOpen: true,
      minVersion: "TLSv1.2",
      handshakeTimeout: 10_000,
      ...tls,
      requestCert: tls?.ca !== undefined,
      rejectUnauthorized: tls?.ca !== undefined,
    },
    accept,
  );
  // A handshake that fails is the client's trouble.
  return server.on("tlsClientError", (_, socket) => socket.destroy());
}

function actual(address: Address, server: Server): Address {
  const bound = server.address();
  if (address.kind === "unix" || bound === null || typeof bound === "string") return address;
  return { ...address, port: bound.port };
}
