// What people wrote, as a core holds it in the end. What no command can carry is replaced so that it
// shows; the same function says what to send and what to look for, so nothing is sent twice for it.

import type { CommandDialect } from "./command.ts";

/** Of a text; twice as much when it is escaped. A pipe takes 4096 bytes in one piece. */
const textBytesMax = 2048;
/** Of an author, with the mark: a coming Nagios has 128 bytes for it. */
const authorBytesMax = 120;

/**
 * The text of a comment, acknowledgement or downtime. Control characters become their pictures (a line
 * feed `␊`), blanks at the ends go as in the cores, and what is empty becomes `-`, as no core takes it.
 */
export function storedText(
  text: string,
  { core }: CommandDialect,
  of: "comment" | "downtime",
): string {
  const shown = cutBytes(oneLine(text), textBytesMax).trim();
  if (shown === "") return "-";
  // Nagios ends a downtime's text there; of Checkmk's core nothing is known.
  if (of === "downtime" && (core === "nagios" || core === "cmc")) return shown.replaceAll(";", ",");
  // Icinga 2 loses those with which a text begins.
  if (core === "icinga2") return shown.replace(/^;+/, (signs) => ",".repeat(signs.length));
  return shown;
}

/** An author at the centre: the site's, without what looks like a mark, and the site's mark. */
export function storedAuthor(author: string, mark: string, look: RegExp): string {
  // What can't be seen would make two authors that look alike.
  const seen = oneLine(author)
    .replace(/\p{Cf}/gu, "")
    .replaceAll(";", ",");
  const plain = withoutMarks(seen, look);
  const shown = cutBytes(plain, authorBytesMax - byteLength(mark)).trim();
  return (shown === "" ? "?" : shown) + mark;
}

/** One pass can put the pieces of another mark together. */
function withoutMarks(text: string, look: RegExp): string {
  for (let rest = text; ;) {
    const next = rest.replace(look, "$1");
    if (next === rest) return next;
    rest = next;
  }
}

/** Control characters and line separators as pictures that can be seen. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(/[\u0000-\u001f]/g, (c) => String.fromCodePoint(0x2400 + c.codePointAt(0)!))
    .replaceAll("\u007f", "\u2421")
    .replace(/[\u0080-\u009f\u2028\u2029]/g, "\u2426");
}

/** Never half of a character. */
function cutBytes(text: string, bytesMax: number): string {
  // Each unit of UTF-16 is at most three bytes.
  if (text.length * 3 <= bytesMax) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > bytesMax) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
