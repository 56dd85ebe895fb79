// The names of monitored objects and sites. A string becomes a name only here, so whatever carries
// one of these types can stand in a check result, a command or a file name without a second look.

import { secretCharactersMax, withoutSecrets } from "./secrets.ts";

declare const brand: unique symbol;
type Named<Kind extends string> = string & { readonly [brand]: Kind };

/** A site's id: `[a-z0-9][a-z0-9-]{0,31}`. Safe in file names and command lines. */
export type SiteId = Named<"site">;
/** A host's name: see {@link parseHostName}. */
export type HostName = Named<"host">;
/** A service's description: see {@link parseServiceDescription}. */
export type ServiceDescription = Named<"service">;

/** Bytes of UTF-8 that a name may have. Nagios itself has no limit; file systems and screens do. */
export const nameBytesMax = 255;

const sitePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** The site id, or null if `text` isn't one. */
export function parseSiteId(text: string): SiteId | null {
  return sitePattern.test(text) ? (text as SiteId) : null;
}

/**
 * The host name, or what is wrong with it. Refused: control characters (a line feed forges another
 * host's result), `;` (separates the arguments of an external command), `\` (joins lines in the
 * check-result spool and is an escape in livestatus commands), blanks at either end (cores trim
 * them, so the result would name another object), and more than {@link nameBytesMax} bytes.
 */
export function parseHostName(text: string): HostName | NameFault {
  if (text.includes("\\")) return fault(text, "contains a backslash");
  return nameFault(text) ?? (text as HostName);
}

/** As {@link parseHostName}, but a backslash may stand anywhere except at the end: `Disk C:\Data`. */
export function parseServiceDescription(text: string): ServiceDescription | NameFault {
  if (text.endsWith("\\")) return fault(text, "ends with a backslash");
  return nameFault(text) ?? (text as ServiceDescription);
}

/** What is wrong with a name; `shown` is safe to print. */
export interface NameFault {
  readonly shown: string;
  readonly problem: string;
}

export function isNameFault(result: unknown): result is NameFault {
  return typeof result === "object" && result !== null && "problem" in result;
}

function nameFault(text: string): NameFault | null {
  if (text === "") return fault(text, "is empty");
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) {
    return fault(text, "contains a control character");
  }
  if (text.includes(";")) return fault(text, "contains a semicolon");
  if (text.trim() !== text) return fault(text, "begins or ends with a blank");
  if (!text.isWellFormed()) return fault(text, "is not valid Unicode");
  if (text.length > nameBytesMax || utf8Length(text) > nameBytesMax) {
    return fault(text, `is longer than ${nameBytesMax} bytes`);
  }
  return null;
}

function fault(text: string, problem: string): NameFault {
  return { shown: printable(text), problem };
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * `text` as it may stand on a terminal or in a log line: control characters as `\xNN`, those that
 * can't be seen or turn the direction as `\uNNNN`, cut at `charactersMax`, without the passwords and tokens of
 * this process. Whatever comes from outside passes through here before a person sees it.
 */
export function printable(text: string, charactersMax = 80): string {
  // A secret that begins within the cut is known by its end, which three times its length may be away.
  const plain = withoutSecrets(text.slice(0, charactersMax + 3 * secretCharactersMax));
  const cut = plain.length > charactersMax ? `${plain.slice(0, charactersMax - 1)}…` : plain;
  return cut
    .toWellFormed()
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (c) => {
        const code = c.codePointAt(0)!;
        return code < 0x100
          ? `\\x${code.toString(16).padStart(2, "0")}`
          : `\\u${code.toString(16).padStart(4, "0")}`;
      },
    );
}
