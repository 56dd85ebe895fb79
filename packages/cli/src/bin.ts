#!/usr/bin/env node
// The executable. It only prepares Node: the compile cache halves the start from sources.

import { enableCompileCache } from "node:module";

enableCompileCache();
const { main } = await import("./main.ts");
process.exitCode = await main(process.argv);
