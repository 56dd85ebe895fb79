// Preloaded into a receiver: while the file that DIE_ONCE names is there, it dies by kill -9 in place of
// its first answer. What it has taken is durable by then.

import { existsSync, rmSync } from "node:fs";
import { ServerResponse } from "node:http";

const sign = process.env["DIE_ONCE"]!;

function dieOnce(): void {
  if (!existsSync(sign)) return;
  rmSync(sign);
  process.kill(process.pid, "SIGKILL");
}

/** `write` and `end` say something only after this. */
function dyingFirst<Method extends (...words: never[]) => unknown>(method: Method): Method {
  return function (this: unknown, ...words: never[]) {
    dieOnce();
    return method.apply(this, words);
  } as Method;
}

process.stdout.write = dyingFirst(process.stdout.write);
ServerResponse.prototype.writeHead = dyingFirst(ServerResponse.prototype.writeHead);
ServerResponse.prototype.end = dyingFirst(ServerResponse.prototype.end);
