// SHA256SUMS of what was made, and its signature, which the stock ssh-keygen makes and verifies.

import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { run } from "./run.ts";

/** `names` in `directory`. Without a key no signature is left there, an older one wouldn't fit. */
export function writeChecksums(
  directory: string,
  names: readonly string[],
  key: string | undefined,
): void {
  const sums = `${directory}/SHA256SUMS`;
  writeFileSync(sums, names.map((name) => `${sha256(`${directory}/${name}`)}  ${name}\n`).join(""));
  rmSync(`${sums}.sig`, { force: true });
  if (key !== undefined) run("ssh-keygen", ["-q", "-Y", "sign", "-n", "file", "-f", key, sums]);
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
