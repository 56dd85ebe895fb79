// The one way from text to HTML. Whatever is put into a template is escaped, unless it came out of one.

import { printable } from "@siteferry/model";

/** HTML that was made here; no data can be one. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** A list is put together without anything between; null is nothing. */
export type Part = string | number | Markup | null | readonly Part[];

/** Longer texts are cut: nobody reads more at a glance, and a site could send megabytes. */
const textMax = 2000;

export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const rest = parts.map((part, index) => `${escaped(part)}${fixed[index + 1]!}`);
  return new Markup(`${fixed[0]!}${rest.join("")}`);
}

function escaped(part: Part): string {
  if (part === null) return "";
  if (part instanceof Markup) return String(part);
  if (typeof part === "object") return part.map(escaped).join("");
  return printable(String(part), textMax).replaceAll(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);
}
