// A port on loopback that never answers: its process accepts nothing, and its queue is full.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

export interface BlackHole extends AsyncDisposable {
  readonly port: number;
}

const backlog = 1;
const listener = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: ${backlog} }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

export async function openBlackHole(): Promise<BlackHole> {
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
  const [data] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(data.toString());
  // Linux queues one more than it is told, and lets whatever comes after them ask in vain.
  const queue = Array.from({ length: backlog + 1 }, () => connect(port, "127.0.0.1"));
  for (const socket of queue) socket.on("error", () => {});
  await Promise.all(queue.map((socket) => once(socket, "connect")));
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of queue) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}
