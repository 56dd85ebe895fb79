// siteferry explain: what an error code means and what to do, without a network or a browser.

import { nearest } from "@siteferry/agent";
import { errorEntry, FerryError, printable } from "@siteferry/model";
import { readErrorsPage } from "../explain/errors-page.ts";
import { plainText } from "../explain/plain-text.ts";
import { allCodes, codesOf, explanationOf, numberOf } from "../explain/section.ts";

/** Of one code, or of all of an R number; without a word, which codes there are. */
export function runExplain(word: string | undefined): void {
  process.stdout.write(`${word === undefined ? listOfCodes() : explanations(word)}\n`);
}

function listOfCodes(): string {
  const width = Math.max(...allCodes.map((code) => code.length));
  const lines = allCodes.map(
    (code) =>
      `${code.padEnd(width)}  ${(numberOf(code) ?? "").padEnd(3)}  ${errorEntry(code).meaning}`,
  );
  return [...lines, "", "siteferry explain CODE, or an R number, says more of one."].join("\n");
}

function explanations(word: string): string {
  const codes = codesOf(word);
  if (codes.length === 0) throw new FerryError("usage-wrong", unknown(word));
  const { text, folder } = readErrorsPage();
  // A line that fills a wide window can't be read, and some terminals have no size.
  const width = Math.min(process.stdout.columns || 80, 100);
  const all = codes.map((code) => explanationOf(text, code));
  const blocks = [
    ...all.flatMap(({ head, own }) => [head, own]),
    ...new Set(all.map(({ common }) => common)),
    folder === null ? "" : `The documents lie in ${folder}.`,
  ];
  return plainText(blocks.filter((block) => block !== "").join("\n\n"), width);
}

function unknown(word: string): string {
  const meant = nearest(word, allCodes);
  const hint = meant === null ? "siteferry explain lists the codes" : `is ${meant} meant?`;
  return `There is no code ${printable(word)}: ${hint}`;
}
