// Opens the connection to a Livestatus server: unix, tcp or tls, within a deadline.

import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectSecure, getCACertificates } from "node:tls";
import { FerryError, printable, systemCode } from "@siteferry/model";
import { formatAddress, type Address } from "../address.ts";

/** PEM texts. The server's certificate is always verified, against `ca` or the system's list. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the certificate must have, where it isn't the address's. */
  readonly serverName?: string;
}

/** Room for rows that arrive while the last ones are worked on. */
const readAheadBytes = 256 * 1024;

/** Throws `livestatus-unreachable`, `livestatus-timeout`. */
export function dial(address: Address, timeoutMs: number, tls: TlsOptions): Promise<Socket> {
  const where = formatAddress(address);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let socket: Socket;
  try {
    socket = open(address, tls);
  } catch (error) {
    // Certificates that can't be parsed are thrown, not emitted.
    return Promise.reject(unreachable(where, error));
  }
  const timer = setTimeout(() => {
    socket.destroy();
    reject(new FerryError("livestatus-timeout", `${where}: no connection in ${timeoutMs} ms`));
  }, timeoutMs);
  socket.once(address.kind === "tls" ? "secureConnect" : "connect", () => {
    clearTimeout(timer);
    resolve(socket);
  });
  // Stays: an error between two queries must not end the process; the next query meets it.
  socket.on("error", (error) => {
    clearTimeout(timer);
    reject(unreachable(where, error));
  });
  return promise;
}

function open(address: Address, tls: TlsOptions): Socket {
  const buffer = { readableHighWaterMark: readAheadBytes };
  if (address.kind === "unix") return connectPlain({ path: address.path, ...buffer });
  const { host, port } = address;
  if (address.kind === "tcp") return connectPlain({ host, port, noDelay: true, ...buffer });
  const name = tls.serverName ?? host;
  return connectSecure({
    host,
    port,
    ca: tls.ca ?? getCACertificates("system"),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    // An IP address may not be sent as the server's name; it is compared with the certificate all the same.
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ...buffer,
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nothing listens there",
  EACCES: "this user may not open it",
  EPERM: "this user may not open it",
  ENOTSOCK: "it isn't a socket",
  ENOTFOUND: "the host's name isn't known",
  EHOSTUNREACH: "no way to the host",
  ENETUNREACH: "no way to the network",
  ECONNRESET: "the connection was reset at once",
};

/** With the system's reason, in words where there are some. */
export function unreachable(where: string, error: unknown): FerryError {
  const code = systemCode(error) ?? "";
  const words = reasons[code] ?? printable(error instanceof Error ? error.message : String(error));
  const suffix = code === "" ? "" : ` (${code})`;
  return new FerryError("livestatus-unreachable", `${where}: ${words}${suffix}`, { cause: error });
}
