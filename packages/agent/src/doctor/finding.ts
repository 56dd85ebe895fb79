// What a check of `siteferry doctor` finds, and what a check is.

import { printable } from "@siteferry/model";

/** `skipped`: it can't be known, or there is nothing to look at. */
export type Verdict = "ok" | "warning" | "fail" | "skipped";

export interface Finding {
  readonly verdict: Verdict;
  /** What is so, in one line, safe to print. */
  readonly what: string;
  /** What a person can do; null where there is nothing to be done. */
  readonly todo: string | null;
}

/** One idea each. It changes nothing, and may throw: then that is what it found. */
export interface Check<Subject> {
  /** One or two words, the first column of the report. */
  readonly name: string;
  run(subject: Subject): Promise<readonly Finding[]>;
}

const charactersMax = 500;

export function ok(what: string): Finding {
  return { verdict: "ok", what: printable(what, charactersMax), todo: null };
}

export function skipped(why: string): Finding {
  return { verdict: "skipped", what: printable(why, charactersMax), todo: null };
}

export function warning(what: string, todo: string): Finding {
  return {
    verdict: "warning",
    what: printable(what, charactersMax),
    todo: printable(todo, charactersMax),
  };
}

export function fail(what: string, todo: string): Finding {
  return { ...warning(what, todo), verdict: "fail" };
}
