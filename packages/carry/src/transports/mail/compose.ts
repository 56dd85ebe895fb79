// A bundle as messages: plain RFC 5322, each with one attachment, none longer than the relay takes.

import { FerryError, parseBundleName } from "@siteferry/model";
import type { OutgoingBundle } from "../../transport.ts";
import { partsMax } from "./mail-limits.ts";
import { hashOf, mailType, type Part, partHeaders } from "./part.ts";

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

/** What makes a message this one and no other. */
export interface Stamp {
  readonly date: Date;
  /** For the Message-ID and the boundary: letters and digits. */
  readonly token: string;
}

/** A line of base64 is 76 characters and an end of line, for 57 bytes. */
const lineCharacters = 78;
const lineBytes = 57;
/** All that isn't base64, without the list of hashes. */
const frameBytes = 4096;
const hashLineBytes = 67;

/** Bytes of a bundle that a message of `messageBytes` holds, as one of `count` parts; 0 or less: none. */
function roomOf(messageBytes: number, count: number): number {
  const lines = (messageBytes - frameBytes - count * hashLineBytes) / lineCharacters;
  return Math.floor(lines) * lineBytes;
}

/** What a bundle may have if none of its messages may be larger than `messageBytes`. */
export function bundleRoom(messageBytes: number): number {
  return Math.max(0, partsMax * roomOf(messageBytes, partsMax));
}

/** @throws FerryError `file-unsuitable` if it would need too many parts. */
export function splitBundle(
  { name, content }: OutgoingBundle,
  messageBytes: number,
): readonly { readonly part: Part; readonly content: Uint8Array }[] {
  const whole = roomOf(messageBytes, 1);
  const each = content.length <= whole ? whole : roomOf(messageBytes, partsMax);
  const count = Math.max(1, Math.ceil(content.length / each));
  if (each < lineBytes || count > partsMax) {
    const size = `${name} has ${content.length} bytes`;
    throw new FerryError(
      "file-unsuitable",
      `${size}: more than ${partsMax} messages of ${messageBytes} bytes; raise partBytes`,
    );
  }
  const pieces = Array.from({ length: count }, (_, index) =>
    content.subarray(index * each, (index + 1) * each),
  );
  const partsSha256 = pieces.map(hashOf);
  const sha256 = hashOf(content);
  return pieces.map((piece, index) => ({
    part: { name, sha256, index, partsSha256 },
    content: piece,
  }));
}

export function composeMessage(
  envelope: Envelope,
  part: Part,
  content: Uint8Array,
  { date, token }: Stamp,
): Buffer {
  const boundary = `siteferry-${token}`;
  const count = part.partsSha256.length;
  const nth = count === 1 ? "" : `${part.index + 1}/${count}`;
  const site = parseBundleName(part.name)?.site ?? "";
  const fileName = nth === "" ? part.name : `${part.name}.part${part.index + 1}of${count}`;
  const headers = [
    ["From", envelope.from],
    ["To", envelope.to],
    ["Subject", `[siteferry] ${site} ${part.name}${nth === "" ? "" : ` (${nth})`}`],
    ["Date", date.toUTCString().replace("GMT", "+0000")],
    ["Message-ID", `<${token}@${envelope.from.split("@").at(-1)}>`],
    ...partHeaders(part),
    // So that no absence notice and no robot answers.
    ["Auto-Submitted", "auto-generated"],
    ["X-Auto-Response-Suppress", "All"],
    ["MIME-Version", "1.0"],
    ["Content-Type", `multipart/mixed; boundary="${boundary}"`],
  ];
  const before = [
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "",
    `Monitoring data of the site ${site}, for siteferry receive. Nothing to read here.`,
    `--${boundary}`,
    `Content-Type: ${mailType}; name="${fileName}"`,
    "Content-Transfer-Encoding: base64",
    `Content-Disposition: attachment; filename="${fileName}"`,
    "",
    "",
  ].join("\r\n");
  const base64 = Buffer.from(content.buffer, content.byteOffset, content.length)
    .toString("base64")
    .replaceAll(/.{1,76}/g, "$&\r\n");
  return Buffer.from(`${before}${base64}--${boundary}--\r\n`, "latin1");
}
