// siteferry dump

import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { connect, parseAddress } from "@siteferry/livestatus";
import { FerryError, type Log } from "@siteferry/model";
import { livedump, type LivedumpRequest } from "@siteferry/sender/livedump";

export interface DumpOptions extends Omit<LivedumpRequest, "interval" | "omdSite"> {
  readonly socket?: string;
  readonly interval?: number;
  readonly tlsCa?: string;
  readonly verbose: boolean;
}

/** Prints the dump when all of it has come: half a dump would be taken for a whole one. */
export async function runDump(options: DumpOptions): Promise<void> {
  const interval = options.interval ?? null;
  if (interval !== null && !(Number.isInteger(interval) && interval > 0)) {
    throw new FerryError("usage-wrong", "-i takes a whole number from 1, the check interval");
  }
  const address = parseAddress(options.socket ?? defaultSocket());
  const tls = options.tlsCa === undefined ? {} : { ca: await readFile(options.tlsCa, "utf8") };
  const client = await connect(address, { tls });
  const chunks: Buffer[] = [];
  try {
    const omdSite = process.env["OMD_SITE"] ?? "unknown";
    const request = { ...options, interval, omdSite };
    for await (const text of livedump(client, request, stderrLog(options.verbose))) {
      chunks.push(Buffer.from(text));
    }
  } finally {
    await client.close();
  }
  await print(chunks);
}

/** The site's own socket, as livedump finds it. */
function defaultSocket(): string {
  const root = process.env["OMD_ROOT"];
  if (root !== undefined) return `unix:${root}/tmp/run/live`;
  throw new FerryError("socket-unknown", "No -s is given and OMD_ROOT isn't set");
}

async function print(chunks: readonly Buffer[]): Promise<void> {
  const { stdout } = process;
  // `siteferry dump | head` closes the pipe early; that is no failure of the dump.
  stdout.on("error", () => {
    process.exitCode = 0;
  });
  for (const chunk of chunks) {
    if (stdout.destroyed) return;
    if (!stdout.write(chunk)) await Promise.race([once(stdout, "drain"), once(stdout, "close")]);
  }
}

/** livedump says nothing unless asked; what is left out is always said. */
function stderrLog(verbose: boolean): Log {
  const say = (_fields: object, message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  const quiet = (): void => {};
  const asked = verbose ? say : quiet;
  return { debug: asked, info: asked, warn: say, error: say };
}
