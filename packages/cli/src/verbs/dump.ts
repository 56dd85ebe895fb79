// siteferry dump

import { readFile } from "node:fs/promises";
import type { ProgressLine } from "@siteferry/agent";
import { connect, parseAddress } from "@siteferry/livestatus";
import { FerryError, type Log } from "@siteferry/model";
import { livedump, type LivedumpRequest } from "@siteferry/sender/livedump";

export interface DumpOptions extends Omit<LivedumpRequest, "interval" | "omdSite"> {
  readonly socket?: string;
  readonly interval?: number;
  readonly tlsCa?: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Prints the dump when all of it has come: half a dump would be taken for a whole one. */
export async function runDump(options: DumpOptions): Promise<void> {
  const interval = options.interval ?? null;
  if (interval !== null && !(Number.isInteger(interval) && interval > 0)) {
    throw new FerryError("usage-wrong", "-i takes a whole number from 1, the check interval");
  }
  await print(await readDump({ ...options, interval }));
}

async function readDump(
  options: Omit<DumpOptions, "interval"> & Pick<LivedumpRequest, "interval">,
): Promise<readonly Buffer[]> {
  const address = parseAddress(options.socket ?? defaultSocket());
  const tls = options.tlsCa === undefined ? {} : { ca: await readFile(options.tlsCa, "utf8") };
  using progress = await progressOnTerminal(options.quiet);
  const client = await connect(address, { tls });
  const chunks: Buffer[] = [];
  try {
    const omdSite = process.env["OMD_SITE"] ?? "unknown";
    const log = stderrLog(options.verbose, () => progress?.hide());
    for await (const text of livedump(client, { ...options, omdSite }, log, progress)) {
      chunks.push(Buffer.from(text));
    }
  } finally {
    await client.close();
  }
  return chunks;
}

/** The agents' code is loaded for this alone: not where nobody looks. */
async function progressOnTerminal(isQuiet: boolean): Promise<ProgressLine | null> {
  if (isQuiet || !process.stderr.isTTY) return null;
  const { openProgress } = await import("@siteferry/agent");
  return openProgress(true);
}

/** The site's own socket, as livedump finds it. */
function defaultSocket(): string {
  const root = process.env["OMD_ROOT"];
  if (root !== undefined) return `unix:${root}/tmp/run/live`;
  throw new FerryError("socket-unknown", "No -s is given and OMD_ROOT isn't set", {
    advice: "Give `-s unix:PATH`, `-s tcp:HOST:PORT` or `-s tls:HOST:PORT`, or set OMD_ROOT.",
  });
}

async function print(chunks: readonly Buffer[]): Promise<void> {
  const { stdout } = process;
  // `siteferry dump | head` closes the pipe early; that is no failure of the dump.
  let isCut = false;
  const cut = new Promise<void>((resolve) => {
    stdout.on("error", () => {
      isCut = true;
      resolve();
    });
  });
  for (const chunk of chunks) {
    if (isCut) return;
    if (stdout.write(chunk)) continue;
    await Promise.race([new Promise((resolve) => stdout.once("drain", resolve)), cut]);
  }
}

/** livedump says nothing unless asked; what is left out is always said. */
function stderrLog(verbose: boolean, makeRoom: () => void): Log {
  const say = (_fields: object, message: string): void => {
    makeRoom();
    process.stderr.write(`${message}\n`);
  };
  const quiet = (): void => {};
  const asked = verbose ? say : quiet;
  return { debug: asked, info: asked, warn: say, error: say };
}
