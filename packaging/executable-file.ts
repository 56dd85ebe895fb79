// One executable: the bundle inside the Node that builds it, which has to be the one of package.json.

import { writeFileSync } from "node:fs";
import { seed, unseed } from "./code-cache.ts";
import { run } from "./run.ts";

export interface ExecutableOptions {
  /** Where the bundle is, and what is in between. */
  readonly work: string;
  /** The name of the bundle; it stands in stack traces. */
  readonly main: string;
  readonly output: string;
}

/** What is promised; a Node that needs more ends the build. */
const glibcMax = [2, 28] as const;

/** Returns the glibc that it needs. */
export function makeExecutable({ work, main, output }: ExecutableOptions): string {
  // Symbols for debuggers are a fifth of it.
  run("strip", ["--strip-all", "-o", `${work}/node`, process.execPath]);
  const settings = `${work}/sea.json`;
  writeFileSync(
    settings,
    JSON.stringify({
      main,
      executable: "node",
      output,
      // Compiling the bundle anew would be half of the start.
      useCodeCache: true,
      // No options of Node's out of the environment: sshd and cron hand over what others wrote.
      execArgvExtension: "none",
      disableExperimentalSEAWarning: true,
    }),
  );
  // Names without a path: they go into the executable, which is to be the same wherever it is built.
  run(process.execPath, [seed, "--build-sea", settings], { directory: work });
  unseed(output);
  return glibcNeeded(output);
}

function glibcNeeded(file: string): string {
  const versions = run("objdump", ["-p", file]).matchAll(/\bGLIBC_2\.(\d+)/g);
  const minor = Math.max(...Array.from(versions, ([, digits]) => Number(digits)));
  if (minor > glibcMax[1])
    throw new Error(`This Node needs glibc 2.${minor}, not ${glibcMax.join(".")}`);
  return `2.${minor}`;
}
