// Text of which nobody says in which encoding it is.

import { isUtf8 } from "node:buffer";

/** Text as a core may have it: UTF-8 if it is valid as such, else Latin-1. */
export function decodeField(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1");
}
