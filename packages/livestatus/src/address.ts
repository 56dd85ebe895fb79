// Where a Livestatus server listens, as operators write it.

import { FerryError, printable } from "@siteferry/model";

export type Address = UnixAddress | NetworkAddress;

interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
}

interface NetworkAddress {
  readonly kind: "tcp" | "tls";
  readonly host: string;
  readonly port: number;
}

/** Bytes of a path in `sockaddr_un`, without the closing NUL; a longer one can't exist. */
const socketPathBytesMax = 107;

const networkPattern = /^(tcp|tls):(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;

/**
 * `unix:/path`, `tcp:host:port`, `tls:host:port`; an IPv6 address stands in brackets:
 * `tcp:[::1]:6557`. Throws `socket-unknown`.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) return parsePath(text.slice("unix:".length), text);
  const [, kind, bracketed, plain, digits] = networkPattern.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  if (host === undefined || port < 1 || port > 65_535) {
    const problem = `"${printable(text)}" isn't unix:PATH, tcp:HOST:PORT or tls:HOST:PORT`;
    throw new FerryError("socket-unknown", problem);
  }
  return { kind: kind as "tcp" | "tls", host, port };
}

function parsePath(path: string, text: string): UnixAddress {
  if (path === "" || path.includes("\0")) {
    throw new FerryError("socket-unknown", `no path of a socket in ${printable(text)}`);
  }
  if (Buffer.byteLength(path) > socketPathBytesMax) {
    throw new FerryError(
      "socket-unknown",
      `${printable(text)}: the path of a socket has at most ${socketPathBytesMax} bytes`,
    );
  }
  return { kind: "unix", path };
}

/** The text that {@link parseAddress} takes. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${address.kind}:${host}:${address.port}`;
}
