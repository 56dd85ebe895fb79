// The site that is measured: a Livestatus server in a process of its own, which makes each answer
// once and then sends it from memory, so that its own work isn't measured. Forked by run.ts; ends
// with it.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { parseAddress, serve } from "@siteferry/livestatus";
import { makeFakeSite } from "@siteferry/testkit";
import type { SiteMessage, SiteOrder } from "./site-process.ts";

const [socketPath = "", hosts, servicesPerHost] = process.argv.slice(2);
const headerBytes = 16;
const answers = new Map<string, Buffer>();
let asked: string[] = [];

process.once("disconnect", () => process.exit());
process.on("message", (order: SiteOrder) => void obey(order));

const site = makeFakeSite({
  hosts: Number(hosts),
  servicesPerHost: Number(servicesPerHost),
  seed: 1,
  clock: { now: () => Date.now() },
  allChecked: true,
});
const innerPath = `${socketPath}-inner`;
await serve(parseAddress(`unix:${innerPath}`), site.source, { flavour: "naemon" });
const front = createServer((socket) => {
  // Who measures may end a client in the middle of an answer.
  socket.on("error", () => {});
  answerAll(socket).catch(() => socket.destroy());
}).listen(socketPath);
await once(front, "listening");
tell({ kind: "ready" });

async function answerAll(socket: Socket): Promise<void> {
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const query = text.slice(0, end + 2);
      text = text.slice(end + 2);
      asked.push(query);
      const answer = answers.get(query) ?? (await ask(query));
      answers.set(query, answer);
      socket.write(answer);
    }
  }
}

async function obey(order: SiteOrder): Promise<void> {
  if (order === "asked") {
    tell({ kind: "asked", queries: asked });
    asked = [];
    return;
  }
  site.tick();
  for (const query of answers.keys()) answers.set(query, await ask(query));
  tell({ kind: "ticked" });
}

/** The whole answer of the server behind, header included. */
async function ask(query: string): Promise<Buffer> {
  const socket = connect(innerPath);
  socket.write(query);
  const chunks: Buffer[] = [];
  let missing = headerBytes;
  let header = "";
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    missing -= chunk.length;
    if (header === "" && missing <= 0) {
      header = Buffer.concat(chunks).toString("latin1", 0, headerBytes);
      missing += Number(header.slice(4));
    }
    if (header !== "" && missing === 0) break;
  }
  return Buffer.concat(chunks);
}

function tell(message: SiteMessage): void {
  process.send?.(message);
}
