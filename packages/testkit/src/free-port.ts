// A TCP port for a server that takes a fixed number only.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * Free on 127.0.0.1 just now. Between here and the server's bind another process might take the same
 * one; the kernel hands out distinct ones for a long time.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
