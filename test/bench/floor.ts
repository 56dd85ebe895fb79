// The floor: sends the queries in a file and throws the answers away. No Livestatus dump can be
// quicker than this; Node's own start is in it.

import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [socketPath = "", queriesFile = ""] = process.argv.slice(2);
const queries = JSON.parse(readFileSync(queriesFile, "utf8")) as string[];
const headerBytes = 16;
const socket = connect(socketPath);
let header = "";
let missing = 0;

function askNext(): void {
  const query = queries.shift();
  header = "";
  if (query === undefined) socket.destroy();
  else socket.write(query);
}

socket.on("data", (chunk) => {
  let bodyBytes = chunk.length;
  if (header.length < headerBytes) {
    const more = chunk.toString("latin1", 0, headerBytes - header.length);
    header += more;
    bodyBytes -= more.length;
    if (header.length < headerBytes) return;
    missing = Number(header.slice(4));
  }
  missing -= bodyBytes;
  if (missing === 0) askNext();
});
askNext();
