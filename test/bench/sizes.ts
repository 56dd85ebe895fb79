// Bytes on the line: the bundles beside what livedump prints for the same site.

import { readFile, stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { dumpName, dumpObjectsName } from "./scenario.ts";

export interface Sizes {
  readonly bundle: number;
  /** What livedump prints whatever has changed, raw and compressed. */
  readonly livedump: number;
  readonly livedumpGzip: number;
}

export const parcels = ["config", "keyframe", "delta", "heartbeat"] as const;
export type Parcel = (typeof parcels)[number];

/** `directory` is that of a round that has ended. */
export async function measureSizes(directory: string): Promise<Readonly<Record<Parcel, Sizes>>> {
  const objects = sizeOf(await readFile(`${directory}/${dumpObjectsName}`, "utf8"));
  const states = sizeOf(livedumpText(await readFile(`${directory}/${dumpName}`, "utf8")));
  const sizes = async (parcel: Parcel): Promise<Sizes> => ({
    bundle: (await stat(`${directory}/sent/${parcel}`)).size,
    ...(parcel === "config" ? objects : states),
  });
  return {
    config: await sizes("config"),
    keyframe: await sizes("keyframe"),
    delta: await sizes("delta"),
    heartbeat: await sizes("heartbeat"),
  };
}

function sizeOf(text: string): Omit<Sizes, "bundle"> {
  const bytes = Buffer.from(text);
  return { livedump: bytes.length, livedumpGzip: gzipSync(bytes, { level: 6 }).length };
}

/**
 * livedump's record has fewer lines than ours, a bare `reschedule_check`, the time of the dump in
 * place of each check's own, and only the first line of the output.
 */
function livedumpText(dump: string): string {
  return dump
    .replace(/^(?:scheduled_check|early_timeout|exited_ok)=.*\n/gm, "")
    .replace(/^reschedule_check=0$/gm, "reschedule_check")
    .replace(/^((?:start|finish)_time)=.*$/gm, "$1=1795000000.0")
    .replace(/^(latency=\d+\.\d)\d*$/gm, "$1")
    .replace(/^(output=(?:[^\\\n]|\\[^n\n])*)\\n.*$/gm, "$1");
}
