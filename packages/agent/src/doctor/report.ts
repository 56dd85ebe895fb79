// The findings of `siteferry doctor` for people and for scripts.

import { counted } from "../plugin.ts";
import { type Paint, type Tone, unpainted } from "../paint.ts";
import type { NamedFinding } from "./examine.ts";
import type { Verdict } from "./finding.ts";

const shown: Readonly<Record<Verdict, readonly [string, Tone]>> = {
  ok: ["OK", "good"],
  warning: ["WARNING", "warning"],
  fail: ["FAIL", "bad"],
  skipped: ["skipped", "minor"],
};

/** A line a finding, what to do below it, and a sentence at the end. */
export function doctorReport(findings: readonly NamedFinding[], paint: Paint = unpainted): string {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  const wordOf = (verdict: Verdict): string => {
    const [word, tone] = shown[verdict];
    return paint(tone, word.padEnd(7));
  };
  const lines = findings.flatMap(({ check, verdict, what, todo }) => [
    `${wordOf(verdict)}  ${check.padEnd(width)}  ${what}`,
    ...(todo === null ? [] : [`${" ".repeat(7)}  ${" ".repeat(width)}  → ${todo}`]),
  ]);
  const count = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const said =
    count("fail") + count("warning") === 0
      ? "All is well."
      : `${counted(count("fail"), "failure")}, ${counted(count("warning"), "warning")}.`;
  return [...lines, "", said].join("\n");
}

/** 0 all is well, 1 there are warnings, 2 there are failures. */
export function doctorStatus(findings: readonly NamedFinding[]): 0 | 1 | 2 {
  if (findings.some(({ verdict }) => verdict === "fail")) return 2;
  return findings.some(({ verdict }) => verdict === "warning") ? 1 : 0;
}
