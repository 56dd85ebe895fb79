// For tests: a bundle as the messages that the sending half makes of it, each to be delivered, doubled or
// lost by itself.

import type { OutgoingBundle } from "../../transport.ts";
import { composeMessage } from "./compose.ts";
import { hashOf } from "./part.ts";

const envelope = { from: "remote1@site.example", to: "ferry@centre.example" };
let messages = 0;

/** In `count` parts, however small the bundle is. */
export function lettersOf({ name, content }: OutgoingBundle, count: number): readonly Buffer[] {
  const each = Math.ceil(content.length / count);
  const pieces = Array.from({ length: count }, (_, index) =>
    content.subarray(index * each, (index + 1) * each),
  );
  const sha256 = hashOf(content);
  const partsSha256 = pieces.map(hashOf);
  return pieces.map((piece, index) => {
    const stamp = { date: new Date(0), token: `test${(messages += 1)}` };
    return composeMessage(envelope, { name, sha256, index, partsSha256 }, piece, stamp);
  });
}
