// What a message says, for what comes as a plain mail: its text, or the one file that it has in place of
// a text. Subject and sender aren't looked at: they prove nothing.

import { isUtf8 } from "node:buffer";
import { headOf, loadParser, messageOptions } from "./parse.ts";
import type { Unusable } from "./part.ts";

/** UTF-8 where the message lets it be: some mail programs change the letters into another set. */
export async function readBody(message: Uint8Array): Promise<Uint8Array | Unusable> {
  try {
    const parser = await loadParser();
    const { text, attachments, headers } = await parser.parse(message, messageOptions);
    const typeOf = (name: string): string =>
      headers.find(({ key }) => key === name)?.value.toLowerCase() ?? "";
    if (text !== undefined && text.trim() !== "") {
      if (attachments.length > 0) return { problem: "it has a text and attachments" };
      const isPlain = /^(text\/plain\b|$)/.test(typeOf("content-type"));
      const bytes = isPlain && (await bytesOf(message, typeOf("content-transfer-encoding")));
      return bytes && isUtf8(bytes) ? bytes : Buffer.from(text);
    }
    const [attachment, ...more] = attachments;
    if (attachment === undefined || more.length > 0) return { problem: "it has no single text" };
    const { content } = attachment;
    return typeof content === "string" ? Buffer.from(content) : new Uint8Array(content);
  } catch {
    return { problem: "it can't be read as a message" };
  }
}

/** The text as it was sent, whatever letters the message claims: it is read anew as a file. */
async function bytesOf(message: Uint8Array, encoding: string): Promise<Uint8Array | null> {
  const [known = "8bit"] = /^(base64|quoted-printable)/.exec(encoding) ?? [];
  const head = `Content-Type: application/octet-stream\nContent-Transfer-Encoding: ${known}`;
  const body = message.subarray(headOf(message).length);
  const parser = await loadParser();
  const { attachments } = await parser.parse(
    Buffer.concat([Buffer.from(head), body]),
    messageOptions,
  );
  const content = attachments[0]?.content;
  return content === undefined || typeof content === "string" ? null : new Uint8Array(content);
}
