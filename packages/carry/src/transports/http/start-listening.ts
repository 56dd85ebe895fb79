// Listening, with a failure that says where.

import type { Server } from "node:net";
import { explain } from "@siteferry/model";
import { formatListenAddress, type ListenAddress } from "./address.ts";

/** Returns when it listens. */
export async function startListening(server: Server, address: ListenAddress): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once("listening", listening.resolve);
  server.once("error", listening.reject);
  server.listen({ host: address.host, port: address.port });
  await listening.promise.catch((error: unknown) => {
    throw explain(error, `Listening on ${formatListenAddress(address)}`);
  });
  server.off("error", listening.reject);
}
