// A text of livedump's into rows. What it is says its first line (`-M`), or without that its first object.
// The site's name that stands there is not looked at: anybody can write one.

import type { Pace } from "@siteferry/bundle";
import { FerryError, limits, printable } from "@siteferry/model";
import { invalid, Lines } from "./lines.ts";
import { type LivedumpObjects, readObjects } from "./read-objects.ts";
import { type LivedumpStates, readStates } from "./read-states.ts";

export type Livedump = LivedumpObjects | LivedumpStates;

/**
 * @throws FerryError `livedump-invalid`, with the line: one that isn't livedump's means that none of them
 *   is believed. So does a dump of nothing, which is what a livedump leaves that fails after its first line.
 */
export async function readLivedump(content: Uint8Array, pace: Pace): Promise<Livedump> {
  if (content.length > limits.livedumpBytesMax) {
    throw invalid(`it has over ${limits.livedumpBytesMax} bytes`);
  }
  const lines = new Lines(content);
  const first = lines.nextFilled();
  if (first === null) throw invalid("it is empty");
  const mark = markOf(first);
  const begin = mark === null ? first : lines.nextFilled();
  if (begin === null) throw lines.refuse("is the last one: it holds no object");
  const kind = mark ?? kindOf(lines, begin);
  const livedump = await (kind === "states" ? readStates : readObjects)(lines, begin, pace);
  if (livedump.hosts.length + livedump.services.length > 0) return livedump;
  throw new FerryError("livedump-invalid", "What came holds no host and no service");
}

type Kind = Livedump["kind"];

function markOf(line: string): Kind | null {
  if (line === "status") return "states";
  return /^config( |$)/.test(line) ? "objects" : null;
}

function kindOf(lines: Lines, line: string): Kind {
  if (line.startsWith("host_name=")) return "states";
  if (line.startsWith("define ")) return "objects";
  throw lines.refuse(`is "${printable(line, 60)}", where status or config should stand`);
}
