#!/usr/bin/env node
// The executable. It only prepares Node: the compile cache halves the start from sources. Plain
// JavaScript, because Node would load its TypeScript part for this one file, which no cache covers.

import { enableCompileCache } from "node:module";
import { userInfo } from "node:os";
import { basename } from "node:path";

cacheCode();
// A shell script that starts this says with SITEFERRY_CALLED what it was called as; no child of ours is called so.
const { SITEFERRY_CALLED: script } = process.env;
delete process.env.SITEFERRY_CALLED;
const isLivedump = basename(script ?? process.argv[1] ?? "") === "livedump";
const { main } = await (isLivedump ? import("./livedump.ts") : import("./main.ts"));
process.exitCode = await main(process.argv, script);

// At home: Node's own place for it is in /tmp, where somebody else may have made the directory before, and
// would have his code run as ours.
function cacheCode() {
  const { NODE_COMPILE_CACHE: elsewhere } = process.env;
  try {
    enableCompileCache(elsewhere ?? `${userInfo().homedir}/.cache/siteferry`);
  } catch {
    // A number without a user has no home, and starts slower.
  }
}
