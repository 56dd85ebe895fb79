// One executable: the bundle inside the Node of the machine that it is for.

import { writeFileSync } from "node:fs";
import { seed, unseed } from "./code-cache.ts";
import { nodeProgram } from "./node-program.ts";
import { isThisMachine, type Platform } from "./platform.ts";
import { run } from "./run.ts";

export interface ExecutableOptions {
  readonly platform: Platform;
  /** Where the bundle is, and what is in between. */
  readonly work: string;
  /** The name of the bundle; it stands in stack traces. */
  readonly main: string;
  readonly output: string;
}

/** What is promised; a Node that needs more ends the build. */
const glibcMax = [2, 28] as const;

/** Returns the glibc that it needs. */
export function makeExecutable({ platform, work, main, output }: ExecutableOptions): string {
  // V8 makes a cache for its own processor only. Without it the start compiles the bundle.
  const useCodeCache = isThisMachine(platform);
  // The machine's own tools have no prefix everywhere.
  const tools = useCodeCache ? "" : `${platform.binutils}-`;
  // Symbols for debuggers are a fifth of it. What compilers say about themselves would be garbage afterwards.
  const less = ["--strip-all", "--remove-section=.comment"];
  run(`${tools}strip`, [...less, "-o", `${work}/node`, nodeProgram(platform, work)]);
  const settings = `${work}/sea.json`;
  writeFileSync(
    settings,
    JSON.stringify({
      main,
      executable: "node",
      output,
      useCodeCache,
      // No options of Node's out of the environment: sshd and cron hand over what others wrote.
      execArgvExtension: "none",
      disableExperimentalSEAWarning: true,
    }),
  );
  // Names without a path: they go into the executable, which is to be the same wherever it is built.
  run(process.execPath, [seed, "--build-sea", settings], { directory: work });
  if (useCodeCache) unseed(output);
  return glibcNeeded(`${tools}objdump`, output);
}

function glibcNeeded(objdump: string, file: string): string {
  const versions = run(objdump, ["-p", file]).matchAll(/\bGLIBC_2\.(\d+)/g);
  const minor = Math.max(...Array.from(versions, ([, digits]) => Number(digits)));
  if (minor > glibcMax[1])
    throw new Error(`This Node needs glibc 2.${minor}, not ${glibcMax.join(".")}`);
  return `2.${minor}`;
}
