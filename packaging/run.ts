// Other people's programs, which the packages are made with.

import { spawnSync } from "node:child_process";

export interface RunOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Its standard output. What it says on standard error is shown; it ends the build if it fails. */
export function run(
  program: string,
  words: readonly string[],
  { directory, environment = {} }: RunOptions = {},
): string {
  const { status, signal, stdout, error } = spawnSync(program, words, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, LC_ALL: "C", ...environment },
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  if (error !== undefined && "code" in error && error.code === "ENOENT") {
    throw new Error(`${program} isn't installed; docs/installation.md says what a build needs`);
  }
  if (status !== 0) throw error ?? new Error(`${program} ended with ${status ?? signal}`);
  return stdout;
}
