// The real world for an agent: wall clock, the system's randomness, real files.

import { randomBytes } from "node:crypto";
import type { Log, Progress, World } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";

export function realWorld(log: Log, progress?: Progress | null): World {
  return {
    clock: { now: () => Date.now() },
    random: { bytes: (count) => randomBytes(count) },
    files: nodeFiles,
    log,
    progress: progress ?? undefined,
  };
}
