// Preloaded into a siteferry that is to meet faults: starts the one thread that makes its file
// calls, names it on descriptor 3, and waits there until strace holds it.

import { readdirSync, readFileSync, readSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";

const tasks = "/proc/self/task";
const channel = 3;

await stat("/");
const pool = readdirSync(tasks).filter((task) =>
  readFileSync(`${tasks}/${task}/comm`, "utf8").startsWith("libuv-worker"),
);
writeSync(channel, `${pool.join(" ")}\n`);
readSync(channel, Buffer.alloc(1));
