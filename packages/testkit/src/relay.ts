// A bad line on loopback: a TCP relay that counts what goes which way, and breaks, stalls, drips or
// forgets when told.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Bytes since the start, over all connections. */
  readonly bytes: { toServer: number; toClient: number };
  /** Breaks each connection, now open or new, once `bytes` more have gone that way. */
  cutAfter(bytes: number, way?: keyof Relay["bytes"]): void;
  /** Breaks a connection in place of handing on an answer of which this holds. */
  loseAnswer(isIt: (answer: Buffer) => boolean | Promise<boolean>): void;
  /** Nothing goes on in either direction, and nothing is closed. */
  stall(): void;
  /** One byte at a time, each so long after the one before. */
  drip(everyMs: number): void;
  /** The connections that are open lead nowhere, and nobody says so; new ones pass. */
  forget(): void;
  /** As if nothing had been; broken and stalled connections stay gone. */
  mend(): void;
}

/** What is wrong with it now. */
interface State {
  readonly bytes: Relay["bytes"];
  readonly left: Relay["bytes"];
  stalled: boolean;
  dripMs: number;
  isLost: Parameters<Relay["loseAnswer"]>[0] | null;
  readonly open: Set<Socket>;
  readonly forgotten: WeakSet<Socket>;
}

/** Listens on 127.0.0.1 and hands on to `port` there. */
export async function openRelay(port: number): Promise<Relay> {
  const bytes = { toServer: 0, toClient: 0 };
  const left = { toServer: Number.POSITIVE_INFINITY, toClient: Number.POSITIVE_INFINITY };
  const open = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  const state: State = { bytes, left, open, forgotten, stalled: false, dripMs: 0, isLost: null };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    pass(state, client, upstream, "toServer");
    pass(state, upstream, client, "toClient");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    bytes,
    cutAfter(count, way = "toServer") {
      left[way] = count;
    },
    loseAnswer(isIt) {
      state.isLost = isIt;
    },
    stall() {
      state.stalled = true;
    },
    drip(ms) {
      state.dripMs = ms;
    },
    forget() {
      for (const socket of open) forgotten.add(socket);
    },
    mend() {
      for (const socket of open) socket.destroy();
      state.stalled = false;
      state.dripMs = 0;
      state.isLost = null;
      left.toServer = left.toClient = Number.POSITIVE_INFINITY;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(state: State, from: Socket, to: Socket, way: keyof Relay["bytes"]): void {
  const { bytes, left, open, forgotten } = state;
  const breakBoth = (): void => {
    from.resetAndDestroy();
    to.resetAndDestroy();
  };
  const handOn = async (data: Buffer): Promise<void> => {
    if (way === "toClient" && (await state.isLost?.(data))) breakBoth();
    else if (state.dripMs > 0) await dripInto(to, data, state.dripMs);
    else if (!to.destroyed) to.write(data);
  };
  const end = (): void => {
    if (!forgotten.has(from)) to.end();
  };
  // What has to wait goes in its order all the same.
  let turn = Promise.resolve();
  from.on("data", (data: Buffer) => {
    if (state.stalled || forgotten.has(from)) return;
    bytes[way] += data.length;
    left[way] -= data.length;
    if (left[way] < 0) breakBoth();
    else turn = turn.then(() => handOn(data));
  });
  from.on("end", () => void turn.then(end));
  from.on("error", () => forgotten.has(from) || to.destroy());
  from.on("close", () => open.delete(from));
  open.add(from);
}

async function dripInto(to: Socket, data: Buffer, everyMs: number): Promise<void> {
  for (const byte of data) {
    await after(everyMs);
    if (to.destroyed) return;
    to.write(Buffer.of(byte));
  }
}
