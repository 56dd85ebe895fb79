// The far end of the wire: joins pieces and puts whole files into a directory, by rename.

import { createSocket } from "node:dgram";
import { rename, writeFile } from "node:fs/promises";

const [, , address, port, directory] = process.argv;
interface File {
  readonly pieces: Map<number, Buffer>;
  whole: boolean;
}

const files = new Map<string, File>();
const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
socket.on("message", (message) => void take(message));
socket.bind(Number(port), address, () => process.stdout.write("listening\n"));

async function take(message: Buffer): Promise<void> {
  const end = message.indexOf("\n");
  const [name = "", index, count] = message.toString("latin1", 0, end).split(" ");
  const file = files.get(name) ?? { pieces: new Map(), whole: false };
  files.set(name, file);
  file.pieces.set(Number(index), message.subarray(end + 1));
  if (file.whole || file.pieces.size < Number(count)) return;
  file.whole = true;
  const pieces = [...file.pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece);
  await writeFile(`${directory}/.${name}`, Buffer.concat(pieces));
  await rename(`${directory}/.${name}`, `${directory}/${name}`);
  process.stdout.write(`${name}\n`);
}
