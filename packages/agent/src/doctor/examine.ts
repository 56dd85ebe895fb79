// Runs checks, all at once, each within a deadline: one that hangs says so, and the others are heard.

import { adviceOf, explain, type Progress } from "@siteferry/model";
import { type Check, fail, type Finding } from "./finding.ts";

export interface NamedFinding extends Finding {
  readonly check: string;
}

export interface Deadline {
  readonly milliseconds: number;
  /** Resolves after so many milliseconds, without keeping the process alive. */
  wait(milliseconds: number): Promise<void>;
}

/** The findings in the order of the checks. */
export async function examine<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
  deadline: Deadline,
  progress?: Progress | null,
): Promise<readonly NamedFinding[]> {
  progress?.begin("Checks", checks.length);
  const found = await Promise.all(
    checks.map(async (check) => {
      const findings = await runOne(check, subject, deadline);
      progress?.add(1);
      return findings;
    }),
  );
  return found.flat();
}

async function runOne<Subject>(
  { name, run }: Check<Subject>,
  subject: Subject,
  { milliseconds, wait }: Deadline,
): Promise<readonly NamedFinding[]> {
  const late = wait(milliseconds).then(() => [
    fail(
      `no answer in ${milliseconds / 1000} s`,
      "Something hangs: a share, a name server, a line that drops packets. Look for it by hand.",
    ),
  ]);
  const findings = await Promise.race([attempt(name, () => run(subject)), late]);
  return findings.map((finding) => ({ check: name, ...finding }));
}

/** What is thrown is found. */
async function attempt(
  name: string,
  run: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await run();
  } catch (error) {
    return [failureFound(error, `Looking at the ${name}`)];
  }
}

/** A failure with its code's advice. */
export function failureFound(error: unknown, doing: string): Finding {
  const failure = explain(error, doing);
  return fail(failure.message.replaceAll("\n", "; "), adviceOf(failure));
}
