// What `after` runs in the test: a file through a wire on which nothing can come back, each piece twice.

import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const [, , address, port, path = ""] = process.argv;
const content = await readFile(path);
const pieceBytes = 1024;
const count = Math.ceil(content.length / pieceBytes);
const socket = createSocket("udp4");
for (let index = 0; index < 2 * count; index++) {
  const at = (index % count) * pieceBytes;
  const head = Buffer.from(`${basename(path)} ${index % count} ${count}\n`);
  const piece = Buffer.concat([head, content.subarray(at, at + pieceBytes)]);
  await new Promise<void>((resolve, reject) => {
    socket.send(piece, Number(port), address, (error) => (error ? reject(error) : resolve()));
  });
}
socket.close();
