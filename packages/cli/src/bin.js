#!/usr/bin/env node
// The executable. It only prepares Node: the compile cache halves the start from sources. Plain
// JavaScript, because Node would load its TypeScript part for this one file, which no cache covers.

import { enableCompileCache } from "node:module";

enableCompileCache();
const { main } = await import("./main.ts");
process.exitCode = await main(process.argv);
