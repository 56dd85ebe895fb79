// The members of a vendor's dump → text: step 12 of the order of trust as far as it goes here. What the
// text says is judged by who knows the vendor, before anything of it is kept.

import { isUtf8 } from "node:buffer";
import { limits, Refusal } from "@siteferry/model";
import { countLines } from "./member.ts";

/**
 * `content` as text, whose lines all end. Refuses with `text-bad`, `record-bad`, `record-count`,
 * `record-too-long`.
 */
export function readTextMember(name: string, content: Buffer, lines: number): string {
  if (content.length > limits.dumpBytesMax) {
    throw new Refusal("record-too-long", `${name} has ${content.length} bytes`);
  }
  if (!isUtf8(content)) throw new Refusal("text-bad", `${name} isn't UTF-8`);
  if (content.length > 0 && content.at(-1) !== 0x0a) {
    throw new Refusal("record-bad", `${name} ends in the middle of a line`);
  }
  const found = countLines(content);
  if (found !== lines)
    throw new Refusal("record-count", `${name} has ${found} lines, not ${lines}`);
  return content.toString("utf8");
}
