// Bytes on the line: the bundles beside what livedump prints for the same site.

import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { dumpName, dumpObjectsName } from "./scenario.ts";

export interface Sizes {
  readonly bundle: number;
  readonly livedump: number;
  readonly livedumpGzip: number;
}

/** `directory` is that of a round that has ended: the configuration and the states. */
export async function measureSizes(
  directory: string,
): Promise<{ readonly configuration: Sizes; readonly states: Sizes }> {
  const mirror = `${directory}/receiver-link-all/receiver/sites/bench`;
  const objects = await readFile(`${directory}/${dumpObjectsName}`, "utf8");
  const dump = await readFile(`${directory}/${dumpName}`, "utf8");
  return {
    configuration: sizes(await bundleBytes(mirror, "config"), objects),
    states: sizes(await bundleBytes(mirror, "keyframe"), livedumpText(dump)),
  };
}

function sizes(bundle: number, text: string): Sizes {
  const bytes = Buffer.from(text);
  const livedumpGzip = gzipSync(bytes, { level: 6 }).length;
  return { bundle, livedump: bytes.length, livedumpGzip };
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

async function bundleBytes(directory: string, kind: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(`.${kind}.ferry`));
  return (await readFile(`${directory}/${names.toSorted().at(-1)}`)).length;
}
