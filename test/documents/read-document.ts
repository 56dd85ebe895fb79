// The commands of a document: what stands in blocks of code, and in the text between backticks.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));

export interface Passage {
  /** From the top of the repository. */
  readonly document: string;
  readonly text: string;
  readonly kind: "block" | "yaml" | "inline";
}

/** What operators read; the others are for developers, and `pnpm check` runs what these say. */
export const documents: readonly string[] = [
  "README.md",
  ...globSync(["docs/*.md", "docs/transports/*.md", "docs/specs/*.md"], { cwd: top }),
].filter((path) => !/\/(?:ARCHITECTURE|CONTRIBUTING|benchmarks|facts|faults)\.md$/.test(path));

const fenced = /^( *)```(\w*)\n([^]*?)^ *```$/gm;
const indented = /(?<=\n\n)(?: {4,}.*\n(?:\n(?= {4}))?)+/g;
const quoted = /(?<!`)`([^`]+)`(?!`)/g;

export function passagesOf(document: string): readonly Passage[] {
  const whole = `${readFileSync(`${top}/${document}`, "utf8")}\n`;
  const found: Passage[] = [];
  const keep = (kind: Passage["kind"], text: string): string => {
    found.push({ document, kind, text });
    return "\n";
  };
  whole
    .replaceAll(fenced, (_, _indent, language: string, text: string) =>
      keep(language === "yaml" ? "yaml" : "block", text),
    )
    .replaceAll(indented, (text) => keep("block", withoutMargin(text)))
    .replaceAll(quoted, (_, text: string) => keep("inline", text.replaceAll(/\s+/g, " ")));
  return found;
}

/** In a list a block stands further in. */
function withoutMargin(text: string): string {
  const margins = text.match(/^ +(?=\S)/gm)!.map(({ length }) => length);
  return text.replaceAll(new RegExp(`^ {${Math.min(...margins)}}`, "gm"), "");
}

/** The command of a line of a crontab, with or without a user's name. */
export function cronCommand(line: string): string | null {
  const [, command] = /^(?:[\d*/,-]+ +){5}(?:nagios )?(.+)$/.exec(line) ?? [];
  return command ?? null;
}
