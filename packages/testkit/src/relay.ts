// A bad line on loopback: a TCP relay that counts what goes which way, and breaks or stalls when told.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Bytes since the start, over all connections. */
  readonly bytes: { toServer: number; toClient: number };
  /** Breaks each connection, now open or new, once `bytes` more have gone to the server. */
  cutAfter(bytes: number): void;
  /** Nothing goes on in either direction, and nothing is closed. */
  stall(): void;
  /** As if nothing had been; broken and stalled connections stay gone. */
  mend(): void;
}

/** Listens on 127.0.0.1 and hands on to `port` there. */
export async function openRelay(port: number): Promise<Relay> {
  const bytes = { toServer: 0, toClient: 0 };
  let left = Number.POSITIVE_INFINITY;
  let stalled = false;
  const open = new Set<Socket>();
  const pass = (from: Socket, to: Socket, way: keyof typeof bytes): void => {
    from.on("data", (data) => {
      if (stalled) return;
      bytes[way] += data.length;
      if (way === "toServer") left -= data.length;
      if (left < 0) {
        from.resetAndDestroy();
        to.resetAndDestroy();
      } else to.write(data);
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => open.delete(from));
    open.add(from);
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    pass(client, upstream, "toServer");
    pass(upstream, client, "toClient");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    bytes,
    cutAfter(count) {
      left = count;
    },
    stall() {
      stalled = true;
    },
    mend() {
      for (const socket of open) socket.destroy();
      stalled = false;
      left = Number.POSITIVE_INFINITY;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
