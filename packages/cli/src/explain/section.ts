// What docs/errors.md says of one code. Its form is held by test/docs.test.ts.

import {
  type ErrorCode,
  errorEntry,
  exitCodes,
  failureTable,
  type RefusalCode,
  refusalTable,
} from "@siteferry/model";

export interface Explanation {
  /** `key-unknown (R01): Signed with a key that … Exit status 76.` */
  readonly head: string;
  /** Markdown: what the page says of it. */
  readonly own: string;
  /** Markdown: what it says of all of its kind; may be empty. */
  readonly common: string;
}

export const allCodes: readonly ErrorCode[] = [
  ...(Object.keys(failureTable) as (keyof typeof failureTable)[]),
  ...(Object.keys(refusalTable) as (keyof typeof refusalTable)[]),
];

/** The codes that a person means: one by its name, or all of an R number. Empty if there are none. */
export function codesOf(word: string): readonly ErrorCode[] {
  const wanted = word.trim().toLowerCase();
  return allCodes.filter((code) => code === wanted || numberOf(code)?.toLowerCase() === wanted);
}

/** `R06`; null if it has none. Of a failure it stands in its meaning. */
export function numberOf(code: ErrorCode): string | null {
  if (Object.hasOwn(refusalTable, code)) return refusalTable[code as RefusalCode][0];
  return /\((R\d\d)\)$/.exec(errorEntry(code).meaning)?.[1] ?? null;
}

export function explanationOf(page: string, code: ErrorCode): Explanation {
  const { kind, meaning, advice, inRun } = errorEntry(code);
  const isRefusal = Object.hasOwn(refusalTable, code);
  const named = isRefusal ? `${code} (${numberOf(code)})` : code;
  const status =
    inRun === undefined
      ? `Exit status ${exitCodes[kind]}`
      : `A run in which it happens ends with ${inRun}`;
  const head = `${named}: ${meaning}. ${status}.`;
  if (isRefusal) return { head, ...ofRefusal(page, code) };
  const { own, common } = ofFailure(page, code);
  return { head, own: `${own}\n\nWhat to do: ${advice}`, common };
}

type Said = Omit<Explanation, "head">;

/** Its section, and what stands before the first one of its chapter. */
function ofFailure(page: string, code: ErrorCode): Said {
  const chapters = page.split(/^## .*$/m);
  const chapter = chapters.find((text) => text.includes(`\n### \`${code}\`\n`)) ?? "";
  const [common = "", ...sections] = chapter.split(/^### /m);
  const section = sections.find((text) => text.startsWith(`\`${code}\``)) ?? "";
  // Behind the heading, and the line with meaning and exit status.
  const own = section.split("\n").slice(3).join("\n");
  return { own: own.trim(), common: common.trim() };
}

/** Its cell of the table, and what stands before the table. */
function ofRefusal(page: string, code: ErrorCode): Said {
  const [, chapter = ""] = page.split("\n## Refusals\n");
  const row = chapter.split("\n").find((line) => line.startsWith(`| \`${code}\``)) ?? "";
  const [, , , , cell = ""] = row.split(/(?<!\\)\|/);
  const [common = ""] = chapter.split("\n|");
  return {
    own: `Look for: ${cell
      .trim()
      .replaceAll(/\\([|_])/g, "$1")
      .replace(/\.?$/, ".")}`,
    common: common.trim(),
  };
}
