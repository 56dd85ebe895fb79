// A TCP connection, opened in time.

import { connect, type Socket } from "node:net";
import { FerryError, printable, systemCode } from "@siteferry/model";

/** After this long without data TCP itself asks the other side: firewalls forget no such line. */
const keepAliveMs = 15_000;

/** @throws FerryError `link-unreachable`, `link-timeout` */
export async function openLine(host: string, port: number, timeoutMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: keepAliveMs };
  const socket = connect({ host, port, noDelay: true, ...keepAlive });
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const timer = setTimeout(() => {
    reject(new FerryError("link-timeout", `${place}: no connection in ${timeoutMs} ms`));
  }, timeoutMs);
  socket.once("connect", resolve);
  socket.once("error", (cause) => {
    // Of a host with several addresses the error has no message, only a code.
    const reason = printable(cause.message || (systemCode(cause) ?? cause.name), 200);
    reject(new FerryError("link-unreachable", `${place}: ${reason}`, { cause }));
  });
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
