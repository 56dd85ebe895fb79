// `siteferry doctor` as a script calls it.

import type { NamedFinding } from "@siteferry/agent";
import { siteferry } from "../command-line.ts";

export interface Diagnosis {
  readonly status: number | null;
  /** What isn't well, a line each: `FAIL socket: …`. */
  readonly troubles: readonly string[];
  /** All, likewise. */
  readonly lines: readonly string[];
}

export async function doctor(
  agent: "sender" | "receiver",
  config: string,
  user?: number,
): Promise<Diagnosis> {
  const words = ["doctor", agent, "--config", config, "--json"];
  const { status, stdout, stderr } = await siteferry(words, user === undefined ? {} : { user });
  if (stdout === "") throw new Error(`status ${status}: ${stderr}`);
  const findings = JSON.parse(stdout) as NamedFinding[];
  const line = ({ verdict, check, what }: NamedFinding): string =>
    `${verdict.toUpperCase()} ${check}: ${what}`;
  const isTrouble = ({ verdict }: NamedFinding): boolean => ["warning", "fail"].includes(verdict);
  return {
    status,
    troubles: findings.filter(isTrouble).map(line),
    lines: findings.map(line),
  };
}
