// A message, as anybody may have written it, into the part of a bundle that it carries. Subject and
// sender aren't looked at: they prove nothing.

import type PostalMime from "postal-mime";
import type { PostalMimeOptions } from "postal-mime";
import { headBytesMax } from "./mail-limits.ts";
import { headerNames, mailType, parsePart, type Part, type Unusable } from "./part.ts";

/** What a message may ask of the parser. */
export const messageOptions: PostalMimeOptions = {
  maxNestingDepth: 8,
  maxHeadersSize: headBytesMax,
  maxRfc822NestingDepth: 0,
};

/** Of a message, or of its head, what its mailbox has to know. */
export type ReadHead = (message: Uint8Array) => Promise<Part | Unusable | null>;

/** What the headers claim; null if the message isn't one of ours. Of a whole message, its beginning will do. */
export async function readHead(message: Uint8Array): Promise<Part | Unusable | null> {
  const head = headOf(message);
  if (!hasMark(head)) return null;
  try {
    const { headers } = await (await loadParser()).parse(head, messageOptions);
    return parsePart((name) => {
      const found = headers.filter(({ key }) => key === name.toLowerCase());
      return found.length === 1 ? found[0]!.value.trim() : undefined;
    });
  } catch {
    return { problem: "its headers can't be read" };
  }
}

/** The content of the one attachment of our type. */
export async function readAttachment(message: Uint8Array): Promise<Uint8Array | Unusable> {
  try {
    const { attachments } = await (await loadParser()).parse(message, messageOptions);
    const [attachment, ...more] = attachments.filter(({ mimeType }) => mimeType === mailType);
    if (attachment === undefined) return { problem: `it has no attachment of type ${mailType}` };
    if (more.length > 0) return { problem: `it has ${more.length + 1} attachments with bundles` };
    return typeof attachment.content === "string"
      ? { problem: "its attachment is text" }
      : new Uint8Array(attachment.content);
  } catch {
    return { problem: "it can't be read as a message" };
  }
}

/** To the first empty line. */
export function headOf(message: Uint8Array): Uint8Array {
  const bytes = Buffer.from(
    message.buffer,
    message.byteOffset,
    Math.min(message.length, headBytesMax),
  );
  const ends = ["\r\n\r\n", "\n\n"].map((end) => bytes.indexOf(end)).filter((at) => at >= 0);
  return bytes.subarray(0, Math.min(...ends, bytes.length));
}

/** Most mail isn't ours: this is all that is done with it. */
function hasMark(head: Uint8Array): boolean {
  const text = `\n${Buffer.from(head).toString("latin1").toLowerCase()}`;
  return text.includes(`\n${headerNames.bundle.toLowerCase()}:`);
}

export async function loadParser(): Promise<typeof PostalMime> {
  return (await import("postal-mime")).default;
}
