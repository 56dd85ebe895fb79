// Preloaded into each measured process: at its end, writes what it used into a file. Plain JavaScript,
// because loading the stripper of types would be measured, too.

import { writeFileSync } from "node:fs";

process.once("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { maxRSS, cpuMicroseconds: userCPUTime + systemCPUTime };
  writeFileSync(process.env["SITEFERRY_BENCH_USAGE"], JSON.stringify(usage));
});
