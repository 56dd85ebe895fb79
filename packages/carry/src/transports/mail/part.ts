// What the headers of a message say of the part of a bundle that it carries. All of it is a claim:
// every part names the hashes of all parts, so a false one can't get in between the true ones.

import { createHash } from "node:crypto";
import { bundleSuffix, parseBundleName, printable } from "@siteferry/model";
import { partsMax } from "./mail-limits.ts";

export const mailType = "application/vnd.siteferry.bundle";

export const headerNames = {
  bundle: "X-Siteferry-Bundle",
  part: "X-Siteferry-Part",
  sha256: "X-Siteferry-Sha256",
  parts: "X-Siteferry-Parts-Sha256",
} as const;

export interface Part {
  /** The bundle's, of the form that `formatBundleName` makes. */
  readonly name: string;
  /** Hexadecimal, of the whole bundle. */
  readonly sha256: string;
  /** From 0. */
  readonly index: number;
  /** Of each part, in their order. */
  readonly partsSha256: readonly string[];
}

/** A message with our marks that can't be used, and why. */
export interface Unusable {
  readonly problem: string;
}

export function isUnusable(part: Part | Unusable): part is Unusable {
  return "problem" in part;
}

/** What stands in the headers, by their names. */
export function partHeaders(part: Part): readonly (readonly [string, string])[] {
  return [
    [headerNames.bundle, part.name],
    [headerNames.part, `${part.index + 1}/${part.partsSha256.length}`],
    [headerNames.sha256, part.sha256],
    // A hash a line: folded, for no line of a message may be longer than 998 characters.
    [headerNames.parts, part.partsSha256.join("\r\n ")],
  ];
}

/** @param header The value of a header; undefined if there is none, or more than one. */
export function parsePart(header: (name: string) => string | undefined): Part | Unusable {
  const name = header(headerNames.bundle) ?? "";
  if (parseBundleName(name) === null) {
    return { problem: `"${printable(name)}" isn't the name of a bundle (…${bundleSuffix})` };
  }
  const [, number = "", count = ""] =
    /^(\d{1,4})\/(\d{1,4})$/.exec(header(headerNames.part) ?? "") ?? [];
  const sha256 = header(headerNames.sha256) ?? "";
  const partsSha256 = (header(headerNames.parts) ?? "").split(/\s+/);
  const index = Number(number) - 1;
  const problem =
    !isHash(sha256) || !partsSha256.every(isHash)
      ? "its hashes aren't those of a bundle and its parts"
      : partsSha256.length > partsMax
        ? `more than ${partsMax} parts`
        : partsSha256.length !== Number(count) || !(index >= 0 && index < partsSha256.length)
          ? "its number isn't one of its parts"
          : null;
  return problem === null ? { name, sha256, index, partsSha256 } : { problem };
}

export function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
