// Node for the machine that an executable is for: the one that runs this, or another one's out of the
// package of npm that has it. Only a Node whose hash stands in platform.ts goes into an executable.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isThisMachine, nodeVersion, type Platform } from "./platform.ts";
import { run } from "./run.ts";

/** Its path; another machine's is laid into `work`. Throws if it isn't the one that is meant. */
export function nodeProgram(platform: Platform, work: string): string {
  const path = isThisMachine(platform) ? process.execPath : fetchNode(platform, work);
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (hash !== platform.nodeHash) {
    throw new Error(
      `${path} is not the Node ${nodeVersion} for ${platform.node} that packaging/platform.ts has the hash of, but one with SHA-256 ${hash}`,
    );
  }
  return path;
}

function fetchNode({ node }: Platform, work: string): string {
  const wanted = `node-linux-${node}@${nodeVersion}`;
  const words = ["pack", wanted, "--pack-destination", work, "--ignore-scripts", "--silent"];
  const archive = run("npm", words).trim();
  run("tar", ["--extract", `--file=${work}/${archive}`, `--directory=${work}`, "package/bin/node"]);
  return `${work}/package/bin/node`;
}
